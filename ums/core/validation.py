"""`full_clean()` whose complaints are AppErrors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from ums.core.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db import models


def clean(instance: models.Model, *, but: Collection[str] = ()) -> None:
    """Check all fields and constraints. Raises AppError `invalid` with the messages per field.

    `but`: fields that are filled later.
    """
    texts = {field.name: instance.__dict__.get(field.attname) for field in instance._meta.concrete_fields}
    if nul := [name for name, text in texts.items() if isinstance(text, str) and "\0" in text]:
        message = "A text must not hold the character NUL."
        raise AppError("invalid", message, fields={name: [message] for name in nul})
    try:
        instance.full_clean(exclude=but)
    except ValidationError as error:
        fields = {key: list(messages) for key, messages in error.message_dict.items()}
        raise AppError("invalid", " ".join(error.messages), fields=fields) from error
