"""Connections that stay open between questions, and which controller is asked.

Each linked directory has a shelf of them in this process: no more than MOST at a time, closed when nobody used them for
IDLE seconds. A connection is bound as somebody (the browse account), or is one for binds: whoever logs in is bound on
it, and bound over by the next. Threads share shelves; a connection is of one thread at a time.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from swp.ldap.talk import FOR_BINDS, Talk
from swp.ldap.types import Attempt, Controller, Credentials, DirectoryUnavailable, Link, Step
from swp.ldap.wire import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 32
IDLE = 60.0
RECENT = 2.0
"""Seconds during which a connection counts as alive when the other side did not close it."""
PATIENCE = 5.0
"""Seconds that somebody waits for a connection while all are in use."""
AVOID = 30.0
"""Seconds during which a controller that hung is asked after the others."""
REST = 3.0
"""Seconds during which nobody waits again for controllers that all hung."""

# Credentials are remembered as this only, for as long as the process lives.
_SALT = secrets.token_bytes(32)


@dataclass
class _Shelf:
    idle: list[Talk] = field(default_factory=list)
    users: int = 0
    """Threads that have or wait for a connection."""
    places: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(MOST))


_lock = threading.Lock()
_shelves: dict[bytes, _Shelf] = {}
_hung: dict[Controller, tuple[float, Attempt]] = {}
"""When a controller hung, and what was told of it."""
_cleaner: threading.Thread | None = None


@contextmanager
def leased(link: Link, credentials: Credentials | None) -> Iterator[Talk]:
    """A connection that is alive and bound as `credentials`; None: one for binds, bound as nobody knows whom.

    Raises BindRefused, DirectoryUnavailable; the latter also for what breaks while the connection is used.
    """
    with _place(link) as shelf:
        talk = _taken(link, shelf, credentials)
        whole = False
        try:
            with telling(link, talk):
                yield talk
            whole = True
        finally:
            # After an exception nobody knows what is still to come on it.
            if not whole:
                talk.close()
            elif not talk.kept:
                with _lock:
                    shelf.idle.append(talk)


@contextmanager
def telling(link: Link, talk: Talk) -> Iterator[None]:
    """What breaks here is told as a DirectoryUnavailable, and that its controller hung is remembered."""
    started = time.monotonic()
    try:
        yield
    except Failed as failed:
        attempt = failed.attempt(talk.controller, time.monotonic() - started)
        if failed.hung:
            _hung[talk.controller] = (time.monotonic(), attempt)
        raise DirectoryUnavailable(link.domain, (attempt,)) from None


def close_idle(longer_than: float = IDLE) -> None:
    """Close connections that nobody used for so many seconds."""
    limit = time.monotonic() - longer_than
    with _lock:
        old = [talk for shelf in _shelves.values() for talk in shelf.idle if talk.used <= limit]
        for shelf in _shelves.values():
            shelf.idle = [talk for talk in shelf.idle if talk.used > limit]
        for key in [key for key, shelf in _shelves.items() if not shelf.idle and not shelf.users]:
            del _shelves[key]
    for talk in old:
        talk.close()


def forget() -> None:
    """Close all that nobody uses, and ask controllers again that hung."""
    _hung.clear()
    close_idle(-1)


def _taken(link: Link, shelf: _Shelf, credentials: Credentials | None) -> Talk:
    wanted = identity(credentials)
    while talk := _from(shelf, wanted):
        if talk.controller not in _hung and talk.alive(RECENT):
            return talk
        talk.close()
    return _opened(link, credentials)


def _from(shelf: _Shelf, wanted: bytes) -> Talk | None:
    """The one that was used last; another one makes room when there are too many of others."""
    with _lock:
        for place in range(len(shelf.idle) - 1, -1, -1):
            if shelf.idle[place].bound == wanted:
                return shelf.idle.pop(place)
        if len(shelf.idle) >= MOST:
            shelf.idle.pop(0).close()
    return None


def _opened(link: Link, credentials: Credentials | None) -> Talk:
    """A new connection to the first controller that answers. A bind is sent to one that has answered, and once."""
    attempts = []
    for controller in _in_order(link):
        started = time.monotonic()
        try:
            talk = Talk(link, controller)
        except Failed as failed:
            attempts.append(failed.attempt(controller, time.monotonic() - started))
            if failed.hung:
                _hung[controller] = (time.monotonic(), attempts[-1])
            continue
        _hung.pop(controller, None)
        try:
            if credentials:
                talk.bind(credentials)
        except Failed as failed:
            attempts.append(failed.attempt(controller, time.monotonic() - started))
            raise DirectoryUnavailable(link.domain, tuple(attempts)) from None
        except BaseException:
            talk.close()
            raise
        talk.bound = identity(credentials)
        _watch()
        return talk
    raise DirectoryUnavailable(link.domain, tuple(attempts))


def _in_order(link: Link) -> list[Controller]:
    """As configured, those that hung lately at the end. Raises DirectoryUnavailable when all did just now."""
    now = time.monotonic()
    hung = {one: _hung[one] for one in link.controllers if one in _hung and now - _hung[one][0] < AVOID}
    if link.controllers and all(one in hung and now - hung[one][0] < REST for one in link.controllers):
        raise DirectoryUnavailable(link.domain, tuple(told for _, told in hung.values()))
    return sorted(link.controllers, key=lambda one: one in hung)


@contextmanager
def _place(link: Link) -> Iterator[_Shelf]:
    """The shelf of a link, with the right to one connection."""
    parts = (link.id, link.domain, link.controllers, link.ldaps, link.certificates)
    key = hashlib.blake2b(repr(parts).encode()).digest()
    with _lock:
        shelf = _shelves.setdefault(key, _Shelf())
        shelf.users += 1
    try:
        if not shelf.places.acquire(timeout=PATIENCE):
            busy = Attempt(link.domain, Step.BIND, f"All {MOST} connections to it are in use; try again.", PATIENCE)
            raise DirectoryUnavailable(link.domain, (busy,))
        try:
            yield shelf
        finally:
            shelf.places.release()
    finally:
        with _lock:
            shelf.users -= 1


def identity(credentials: Credentials | None) -> bytes:
    """What a connection remembers of as whom it is bound."""
    if credentials is None:
        return FOR_BINDS
    whom = f"{len(credentials.user)} {credentials.user}{credentials.password}".encode()
    return hashlib.blake2b(whom, key=_SALT, digest_size=32).digest()


def _watch() -> None:
    """A thread closes what is idle, so that nothing stays open only because nobody asks any more."""
    global _cleaner
    with _lock:
        if _cleaner is None or not _cleaner.is_alive():
            _cleaner = threading.Thread(target=_clean, name="directory-idle", daemon=True)
            _cleaner.start()


def _clean() -> None:
    while True:
        time.sleep(IDLE / 4)
        close_idle()


def _start_anew() -> None:
    """A forked process has the sockets of its parent, which go on being the parent's."""
    global _lock, _cleaner
    _lock, _cleaner = threading.Lock(), None
    _shelves.clear()
    _hung.clear()


os.register_at_fork(after_in_child=_start_anew)
