"""How the API shows objects: only the fields that were asked for, and a tag that changes with what can be written."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any

from rest_framework.utils.encoders import JSONEncoder

from ums.core.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

FIELDS = "fields"
"""The parameter that names the keys of an object that the reader wants."""

MAX_NAMES = 100


def fields_asked(query: Any, known: Collection[str]) -> list[str] | None:
    """The keys that `fields=id,name` names, None when it is not there.

    Raises AppError `invalid` for keys that objects of this kind do not have: nothing is ignored.
    """
    if FIELDS not in query:
        return None
    names = [name.strip() for text in query.getlist(FIELDS) for name in text.split(",")]
    unknown = [name for name in names if name not in known]
    if unknown or len(names) > MAX_NAMES:
        message = f"There is no field “{unknown[0][:50]}”." if unknown else f"Name {MAX_NAMES} at most."
        raise AppError("invalid", f"{message} There are {', '.join(known)}.", fields={FIELDS: [message]})
    return names


def picked(shown: Mapping[str, Any], names: Collection[str] | None) -> Mapping[str, Any]:
    """The object with these keys only."""
    return shown if names is None else {name: value for name, value in shown.items() if name in names}


def tag_of(shown: Mapping[str, Any], volatile: Collection[str]) -> str:
    """The ETag of an object: the same as long as it is shown the same, but for its `volatile` keys."""
    lasting = {name: value for name, value in shown.items() if name not in volatile}
    text = json.dumps(lasting, cls=JSONEncoder, sort_keys=True, separators=(",", ":"))
    return f'"{urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:18]).decode()}"'
