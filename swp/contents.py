"""What lies in a container of a linked directory or is found there, part by part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from swp.browsing import ROOT, Key, credentials_for, refused
from swp.kinds import CONTAINERS, ICONS, LABELS, TARGETS
from swp.ldap import cursors
from swp.ldap.directory import FOUND
from swp.ldap.types import BindRefused, DirectoryUnavailable, ObjectKind
from swp.links import link_of
from ums.domain.principals import ous_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from swp.ldap.directory import Directory
    from swp.ldap.types import Entry
    from swp.models import LinkedDirectory

ROWS = 200
"""Objects in one part."""
SCOPES = (("below", "Here and below"), ("here", "Here only"), ("all", "Whole directory"))
HOLDERS = frozenset({ObjectKind.OU, ObjectKind.CONTAINER})
LEAVES = frozenset({ObjectKind.USER, ObjectKind.GROUP})
_KINDS = {kind.value: frozenset({kind}) for kind in (ObjectKind.USER, ObjectKind.GROUP, ObjectKind.OU)}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page's address asks for. words: "" lists the container. token, at: where the rows before end."""

    words: str
    scope: str
    kind: str
    token: str = ""
    at: int = 0

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Asked:
        """What is not known is the usual."""
        scope, kind, at = query.get("scope", ""), query.get("type", ""), query.get("at", "")
        return cls(
            query.get("q", "").strip()[:100],
            scope if scope in dict(SCOPES) else "below",
            kind if kind in _KINDS else "",
            query.get("token", "")[:200],
            int(at) if at.isascii() and at.isdecimal() and len(at) < 9 else 0,
        )

    @property
    def searching(self) -> bool:
        """Whether anything is looked for; else the container is listed."""
        return bool(self.words)


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows. token: what the next ones are asked for with, "" at the end. at: how many came up to here, without the
    `held` that hold other objects: these come first and whole.
    """

    entries: tuple[Entry, ...]
    token: str
    at: int
    held: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """An object as the lists show it. marks: (status, word) of what is wrong with an account."""

    entry: Entry
    key: Key
    at: str
    icon: str
    label: str
    container: bool
    takes: bool
    place: str
    marks: tuple[tuple[str, str], ...]


def listed(row: LinkedDirectory, entries: Iterable[Entry]) -> list[Line]:
    """What holds other objects first, then by name."""
    ordered = sorted(entries, key=lambda one: (one.kind not in CONTAINERS, one.name.casefold(), one.dn))
    return [
        Line(
            entry=one,
            key=(key := key_for(row, one)),
            at=str(key.guid or ROOT),
            icon=ICONS[one.kind.value],
            label=LABELS[one.kind.value],
            container=one.kind in CONTAINERS,
            takes=one.kind in TARGETS,
            place=place_of(one),
            marks=marks(one),
        )
        for one in ordered
    ]


def key_for(row: LinkedDirectory, entry: Entry) -> Key:
    """How pages name the object."""
    return Key(row.pk, None if entry.kind is ObjectKind.DOMAIN else entry.guid)


def marks(entry: Entry) -> tuple[tuple[str, str], ...]:
    """What keeps a user from logging in, as (status, word)."""
    there = (
        (entry.disabled, ("revoked", "Disabled")),
        (entry.locked, ("warning", "Locked")),
        (entry.expired, ("expired", "Expired")),
        (entry.expires_password, ("warning", "Must change the password")),
    )
    return tuple(mark for holds, mark in there if holds)


def place_of(entry: Entry) -> str:
    """The OUs around an object from the outside, in words; its domain when there are none."""
    around = [name for _, name in ous_of(entry.dn)][::-1]
    return " › ".join(around[1:] or around)


def first_part(request: Any, row: LinkedDirectory, directory: Directory, entry: Entry, asked: Asked) -> Part:
    """The first rows of a container, or of what is found there. What holds other objects comes first, and whole.

    Raises as `swp.browsing.opened`.
    """
    holders: tuple[Entry, ...] = ()
    if not asked.searching and not asked.kind:
        holders = directory.children(entry.dn, size=row.page_size, kinds=HOLDERS).entries
    entries, token = _asked(request, row, entry, asked)
    return Part((*holders, *entries), token, len(entries), len(holders))


def next_part(request: Any, row: LinkedDirectory, entry: Entry, asked: Asked) -> Part:
    """The rows after those that came. Raises as `swp.browsing.opened`."""
    entries, token = _asked(request, row, entry, asked)
    return Part(entries, token, asked.at + len(entries))


def _asked(request: Any, row: LinkedDirectory, entry: Entry, asked: Asked) -> tuple[tuple[Entry, ...], str]:
    link = link_of(row)
    credentials = credentials_for(request, row, link)
    kinds = _KINDS[asked.kind] if asked.kind else FOUND if asked.searching else LEAVES
    # Nothing lies in a user: a search from its page is one of the whole directory.
    whole = asked.searching and (asked.scope == "all" or entry.kind not in CONTAINERS)
    base = link.base_dn if whole else entry.dn
    query = cursors.Query(base, asked.words, asked.scope != "here", frozenset(kinds), ROWS)
    try:
        if asked.token:
            return cursors.more(link, credentials, asked.token, query, asked.at)
        return cursors.first(link, credentials, query)
    except (BindRefused, DirectoryUnavailable) as failed:
        raise refused(request, row, failed) from None


def path_of(directory: Directory, entry: Entry) -> list[Entry]:
    """The OUs around an object from the outside, for breadcrumbs: one search."""
    dns = [dn for dn, _ in ous_of(entry.dn)][::-1]
    found = {one.dn.casefold(): one for one in directory.at(dns)} if dns else {}
    return [found[dn.casefold()] for dn in dns if dn.casefold() in found]
