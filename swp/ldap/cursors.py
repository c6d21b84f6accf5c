"""Long lists in parts: where a search stands is remembered on the connection that it began on, for a while.

A cookie of a paged search is worth nothing on another connection. So a list that goes on keeps its connection, here in
this process; one that is not here any more (another server, too late, too many others) is searched again from its
beginning, and what was seen is left out.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from swp.ldap.directory import FOUND, SHOWN, Directory
from swp.ldap.pool import RECENT, identity, leased, telling
from swp.ldap.types import BindRefused, Credentials, DirectoryUnavailable, Link, ObjectKind, Refusal

if TYPE_CHECKING:
    from swp.ldap.talk import Talk
    from swp.ldap.types import Entry, Page

MOST = 40
"""Lists of this process that wait to go on."""
LASTS = 120.0
"""Seconds that one waits."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is listed: what lies in `base` (a DN), or with a text what is found there. size: objects of a part."""

    base: str
    text: str = ""
    subtree: bool = True
    kinds: frozenset[ObjectKind] = frozenset()
    size: int = 100

    def page(self, directory: Directory, size: int, cookie: bytes) -> Page:
        """A part of it."""
        if not self.text:
            return directory.children(self.base, size=size, cookie=cookie, kinds=self.kinds or SHOWN)
        return directory.search(
            self.text, base=self.base, subtree=self.subtree, kinds=self.kinds or FOUND, size=size, cookie=cookie
        )


@dataclass
class _Cursor:
    directory: Directory
    talk: Talk
    query: Query
    whose: bytes
    cookie: bytes
    offset: int
    since: float = field(default_factory=time.monotonic)


_lock = threading.Lock()
_open: OrderedDict[str, _Cursor] = OrderedDict()


def first(link: Link, credentials: Credentials | None, query: Query) -> tuple[tuple[Entry, ...], str]:
    """The first part, and a token for `more`; "" when that is all. credentials None: the browse account.

    Raises BindRefused, DirectoryUnavailable.
    """
    return _begun(link, credentials, query, 0)


def more(
    link: Link, credentials: Credentials | None, token: str, query: Query, offset: int
) -> tuple[tuple[Entry, ...], str]:
    """The part after the first `offset` objects. Whoever else's token it is gets nothing from it. Raises as `first`."""
    with _lock:
        cursor = _open.pop(token, None)
    if cursor is None:
        return _begun(link, credentials, query, offset)
    fits = (cursor.query, cursor.whose, cursor.offset) == (query, _whose(link, credentials), offset)
    if fits and cursor.talk.alive(RECENT):
        return _continued(cursor)
    cursor.talk.close()
    return _begun(link, credentials, query, offset)


def close_old(longer_than: float = LASTS) -> None:
    """Give up lists that nobody went on with."""
    limit = time.monotonic() - longer_than
    with _lock:
        old = [_open.pop(token) for token, cursor in list(_open.items()) if cursor.since <= limit]
        while len(_open) > MOST:
            old.append(_open.popitem(last=False)[1])
    for cursor in old:
        cursor.talk.close()


def _begun(link: Link, credentials: Credentials | None, query: Query, skip: int) -> tuple[tuple[Entry, ...], str]:
    whom = credentials or link.browse
    if whom is None:
        raise BindRefused(Refusal.OTHER, "No browse account is stored for this directory.")
    with leased(link, whom) as talk:
        cursor = _Cursor(Directory(link, talk), talk, query, _whose(link, credentials), b"", 0)
        while cursor.offset < skip:
            if not _read(cursor, min(skip - cursor.offset, link.page_size)) or not cursor.cookie:
                return (), ""
        entries = _read(cursor, query.size)
        # A connection that a list goes on with is not given back.
        talk.kept = bool(cursor.cookie)
    return entries, _kept(cursor)


def _continued(cursor: _Cursor) -> tuple[tuple[Entry, ...], str]:
    try:
        with telling(cursor.directory.link, cursor.talk):
            entries = _read(cursor, cursor.query.size)
    except DirectoryUnavailable:
        cursor.talk.close()
        raise
    if not cursor.cookie:
        cursor.talk.close()
    return entries, _kept(cursor)


def _read(cursor: _Cursor, size: int) -> tuple[Entry, ...]:
    page = cursor.query.page(cursor.directory, size, cursor.cookie)
    cursor.cookie = page.cookie
    cursor.offset += len(page.entries)
    return page.entries


def _kept(cursor: _Cursor) -> str:
    if not cursor.cookie:
        return ""
    token = secrets.token_urlsafe(24)
    cursor.since = time.monotonic()
    with _lock:
        _open[token] = cursor
    close_old()
    return token


def _whose(link: Link, credentials: Credentials | None) -> bytes:
    """Who may go on: the same sign-in to the same directory."""
    return f"{link.id} ".encode() + identity(credentials or link.browse)


def _start_anew() -> None:
    global _lock
    _lock = threading.Lock()
    _open.clear()


os.register_at_fork(after_in_child=_start_anew)
