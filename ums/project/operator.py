"""Commands for the operator at the machine: who may read the data directory may use them."""

from __future__ import annotations

import secrets
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import django
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ums.accounts.models import User


def api_token(*, name: str, username: str) -> int:
    """Print a new API token, alone on the last line."""
    with installation(username) as user:
        if user is None:
            return 1
        from ums.accounts.services import api_token_create
        from ums.core.actor import Actor

        _, token = api_token_create(actor=Actor.of(user), user=user, name=name)
        print(f"A token with the permissions of {username}. It is not shown again:", file=sys.stderr)
        print(token)
        return 0


def reset_password(*, username: str) -> int:
    """Print a new random password for an administrator and lift a lockout."""
    with installation(username) as user:
        if user is None:
            return 1
        from axes.utils import reset

        from ums.accounts.services import user_set_password
        from ums.core.actor import SYSTEM

        password = secrets.token_urlsafe(15)
        user_set_password(actor=SYSTEM, user=user, password=password)
        reset(username=username)
        print(f"{username} signs in with this password from now on:", file=sys.stderr)
        print(password)
        return 0


@contextmanager
def installation(username: str) -> Iterator[User | None]:
    """The administrator `username` of the installation, or None and a line that says what is missing."""
    try:
        django.setup()
    except (OSError, ImproperlyConfigured) as error:
        print(f"ums: the data directory cannot be used: {error}", file=sys.stderr)
        yield None
        return
    from django.conf import settings
    from django.db import DatabaseError

    from ums.accounts.models import User

    try:
        user = User.objects.filter(username=username).first()
    except DatabaseError:
        print(f"ums: there is no installation in {settings.UMS_DATA}. Start it once with “ums up”.", file=sys.stderr)
        yield None
        return
    if user is None:
        print(f"ums: there is no administrator “{username}”.", file=sys.stderr)
    yield user
