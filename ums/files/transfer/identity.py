"""Who asks for the transfer directory: HTTP Basic with name and password, or with an API token as the password.

WebDAV clients send them with each request. Wrong passwords are counted and locked as those of the sign-in page are;
one that was right is remembered for a minute, as a keyed hash: to check it anew costs as much as it costs attackers.
"""

from __future__ import annotations

import binascii
import time
from base64 import b64decode
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in

from ums.accounts.models import User
from ums.accounts.services.signin import sign_in_failed, sign_in_locked_out
from ums.accounts.services.tokens import api_token_touch
from ums.accounts.tokens import PREFIX, find_token
from ums.core.actor import Actor
from ums.core.crypto import digest
from ums.core.errors import AppError
from ums.core.throttle import Throttle, network_of

if TYPE_CHECKING:
    from django.http import HttpRequest

REMEMBERED = 60.0
"""Seconds for which a password that was right is not checked again, unless it changes."""

failures = Throttle(burst=20, every=6.0)
"""Wrong API tokens, by address."""


class SignInNeeded(AppError):
    """Nobody, or somebody unknown, asks."""

    def __init__(self, message: str = "Sign in with your name and password, or an API token as the password.") -> None:
        super().__init__("not_signed_in", message, status=401)


class _Memory:
    """Passwords that were right lately: keyed hash of what was sent, to the account and the hash it had then."""

    def __init__(self, size: int = 1000) -> None:
        self._size = size
        self._seen: OrderedDict[str, tuple[int, str, float]] = OrderedDict()
        self._lock = Lock()

    def user(self, key: str) -> User | None:
        """The account, if it is active and its password still the same."""
        with self._lock:
            pk, password, until = self._seen.get(key, (0, "", 0.0))
        if until <= time.monotonic():
            return None
        return User.objects.filter(pk=pk, password=password, is_active=True).first()

    def remember(self, key: str, user: User) -> None:
        """This is right from now on, for a minute."""
        with self._lock:
            self._seen[key] = user.pk, user.password, time.monotonic() + REMEMBERED
            self._seen.move_to_end(key)
            if len(self._seen) > self._size:
                self._seen.popitem(last=False)


_memory = _Memory()


def signed_in(request: HttpRequest) -> User:
    """The administrator who asks. Raises SignInNeeded, AppError `sign_in_locked`, `read_only_token`."""
    name, password = _credentials(request.headers.get("Authorization", ""))
    if password.startswith(PREFIX):
        return _by_token(request, name, password)
    key = digest("webdav sign-in", f"{name}\0{password}")
    return _memory.user(key) or _by_password(request, name, password, key)


def _credentials(header: str) -> tuple[str, str]:
    scheme, _, text = header.partition(" ")
    try:
        name, colon, password = b64decode(text.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise SignInNeeded from None
    if scheme.casefold() != "basic" or not colon or "\0" in text or "\0" in name + password:
        raise SignInNeeded
    return name, password


def _by_token(request: HttpRequest, name: str, text: str) -> User:
    address = network_of(request.client_address)  # type: ignore[attr-defined]
    if wait := failures.wait(address):
        raise AppError("sign_in_locked", f"Too many wrong tokens. Try again in {wait} s.", status=429)
    client: str = request.client_address  # type: ignore[attr-defined]
    token = find_token(text, address=client, method=request.method or "")
    if token is None or name not in {"", token.user.username}:
        failures.failed(address)
        raise SignInNeeded("This API token is unknown, expired, revoked or of another account.")
    api_token_touch(token=token, address=client)
    return token.user


def _by_password(request: HttpRequest, name: str, password: str, key: str) -> User:
    user = authenticate(request, username=name, password=password)
    nobody = Actor(name="anonymous", address=request.client_address)  # type: ignore[attr-defined]
    if getattr(request, "axes_locked_out", False):
        sign_in_locked_out(actor=nobody, username=name[:150])
        raise AppError("sign_in_locked", "Too many wrong passwords. Try again in a quarter of an hour.", status=429)
    if not isinstance(user, User):
        sign_in_failed(actor=nobody, username=name[:150])
        raise SignInNeeded("The name or the password is wrong.")
    user_logged_in.send(sender=User, request=request, user=user)
    _memory.remember(key, user)
    return user
