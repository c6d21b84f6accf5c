"""Who calls: the cookie of a session, or name and password with each call.

1. Wrong names and passwords count, are audited and lock out as at the sign-in page of the console.
2. Basic with each call checks the password again after REMEMBERED only: hashing it takes a tenth of a second and
   100 MB. What is remembered is a hash with a key of this process, void when the password or the account changes.
"""

from __future__ import annotations

import binascii
import hashlib
import secrets
import time
from base64 import b64decode
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from axes.helpers import get_client_username
from axes.utils import reset
from django.contrib.auth import authenticate

from ums.accounts.models import User
from ums.accounts.services import sign_in_failed, sign_in_locked_out, signed_in
from ums.core.actor import Actor
from ums.core.errors import AppError
from ums.imi.errors import ImiError, translated
from ums.imi.selectors import session_of
from ums.imi.services import session_used

if TYPE_CHECKING:
    from django.http import HttpRequest

COOKIE = "JSESSIONID"
REMEMBERED = 60.0
"""Seconds."""
MOST_REMEMBERED = 1000

_key = secrets.token_bytes(32)
_known: OrderedDict[bytes, tuple[float, int, str]] = OrderedDict()
_lock = Lock()


def caller(request: HttpRequest) -> User:
    """The administrator behind a request. Raises ImiError 0B002, 0B003, 0B004, 0B007, FF004."""
    if _basic(request) is not None:
        return _by_password(request)
    session_id = request.COOKIES.get(COOKIE, "")
    if not session_id:
        raise ImiError("0B003", "No session ID found in request header.")
    session = session_of(session_id) if len(session_id) <= 100 else None
    if session is None:
        raise ImiError("0B004", "The session ID is unknown or has expired. Log in again.")
    if not session.user.is_active:
        raise ImiError("0B007", "There is no user in this session.")
    session_used(session=session)
    return session.user


def logged_in(request: HttpRequest) -> User:
    """The administrator whose name and password a login brings. Raises ImiError 0B001, 0B002, FF004."""
    given = _basic(request)
    if given is None:
        raise ImiError("0B001", "No authentication header found.")
    return _checked(request, *given)


def _basic(request: HttpRequest) -> tuple[str, str] | None:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.casefold() != "basic":
        return None
    try:
        name, colon, password = b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise ImiError("0B002", "Invalid Login credentials.") from None
    if not colon or not name or len(name) > 320 or "\0" in name + password:
        raise ImiError("0B002", "Invalid Login credentials.")
    return name, password


def _by_password(request: HttpRequest) -> User:
    mark = hashlib.blake2b(request.headers["Authorization"].encode(), key=_key).digest()
    with _lock:
        until, pk, password = _known.get(mark, (0.0, 0, ""))
    if until > time.monotonic():
        user = User.objects.filter(pk=pk, is_active=True).first()
        if user is not None and user.get_session_auth_hash() == password:
            return user
    user = logged_in(request)
    signed_in(actor=Actor.of(user, getattr(request, "client_address", "")))
    with _lock:
        _known[mark] = (time.monotonic() + REMEMBERED, user.pk, user.get_session_auth_hash())
        _known.move_to_end(mark)
        if len(_known) > MOST_REMEMBERED:
            _known.popitem(last=False)
    return user


def _checked(request: HttpRequest, name: str, password: str) -> User:
    """Ask the same back ends as the console. `Invalid Login` is what a client in use looks for in a refusal."""
    try:
        user = authenticate(request, username=name, password=password)
    except AppError as error:
        raise (
            translated(error) if error.status >= 500 else ImiError("0B002", f"Invalid Login. {error.message}")
        ) from None
    if user is None:
        # Axes would put the console's page in place of this answer.
        locked, request.axes_locked_out = getattr(request, "axes_locked_out", False), False  # type: ignore[attr-defined]
        told = sign_in_locked_out if locked else sign_in_failed
        told(actor=Actor.from_request(request), username=name[:150])
        if locked:
            raise ImiError("0B002", "Invalid Login. Too many wrong attempts: try again later.")
        raise ImiError("0B002", "Invalid Login credentials.")
    reset(username=get_client_username(request, {"username": name}), ip=getattr(request, "client_address", None))
    return user
