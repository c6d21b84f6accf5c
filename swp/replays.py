"""Whether a login that comes again comes with the same password: known in this process only, for some minutes.

What is remembered is a hash with a key that was made when the process started. It is in memory, and nowhere else: a
server that did not see the first request asks the directory instead of believing the device.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections import OrderedDict
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swp.authentication import LoginRequest

KEPT = 600.0
"""Seconds."""

MAX_KEPT = 20_000

_key = secrets.token_bytes(32)
_lock = Lock()
_seen: OrderedDict[tuple[int, str], tuple[float, bytes]] = OrderedDict()


def remember(request: LoginRequest) -> None:
    """This request is being worked on."""
    with _lock:
        _seen[(request.device_id, request.request)] = time.monotonic(), _hash(request)
        _seen.move_to_end((request.device_id, request.request))
        while len(_seen) > MAX_KEPT:
            _seen.popitem(last=False)


def same(request: LoginRequest) -> bool | None:
    """Whether a request that came before comes with the same passwords; None: this process does not know."""
    with _lock:
        moment, found = _seen.get((request.device_id, request.request), (0.0, b""))
    if not found or time.monotonic() - moment > KEPT:
        return None
    return hmac.compare_digest(found, _hash(request))


def _hash(request: LoginRequest) -> bytes:
    given = blake2b(key=_key)
    for text in (request.user, request.domain, request.password, request.new_password or ""):
        part = text.encode("utf-8", "surrogatepass")
        given.update(len(part).to_bytes(8, "big") + part)
    return given.digest()
