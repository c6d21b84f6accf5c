"""Who is logged in, as the order of effectiveness sees it: the user, its groups and the OUs above it, with distances.

The rules are those of domain/profiles.md §5, and the decisions about it: the level of a group is the number of steps of
membership by the shortest way, a direct membership being 1; the root of the domain is the outermost OU. Where users and
groups come from is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ums.domain.effectiveness import Rank

# A comma that no odd number of backslashes stands before.
_COMMA = re.compile(r"(?<!\\)(?:\\\\)*,")
# Bytes of UTF-8 as pairs of hexadecimal digits, or a sign that stands for itself (RFC 4514).
_ESCAPED = re.compile(r"((?:\\[0-9A-Fa-f]{2})+)|\\(.)")


class PrincipalKind(StrEnum):
    """What a profile of a user is assigned to."""

    USER = "user"
    PRIMARY_GROUP = "primary_group"
    GROUP = "group"
    OU = "ou"
    ROLE = "role"
    """Of an identity provider; nothing makes one yet (domain/swp.md §9)."""


@dataclass(frozen=True, slots=True)
class Group:
    """id: what the directory service knows it by. name: what groups of one level are ordered by."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Login:
    """A user as the directory service describes it.

    groups: of which the user is a direct member. member_of: for the id of each group those that it is a member of;
    circles are allowed.
    """

    id: str
    name: str
    dn: str
    primary_group: Group | None = None
    groups: Collection[Group] = ()
    member_of: Mapping[str, Collection[Group]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Principal:
    """One of the objects by which a profile reaches a user. id of an OU: its DN in `normal_dn` form."""

    kind: PrincipalKind
    id: str
    name: str
    distance: int

    @property
    def place(self) -> str:
        """As explanations name it: “group Alpha”."""
        return f"{_WORDS[self.kind]} {self.name}"


RANKS = {
    ("priority", PrincipalKind.OU): Rank.PRIORITY_OU,
    ("priority", PrincipalKind.GROUP): Rank.PRIORITY_GROUP,
    ("priority", PrincipalKind.ROLE): Rank.PRIORITY_GROUP,
    ("priority", PrincipalKind.PRIMARY_GROUP): Rank.PRIORITY_PRIMARY_GROUP,
    ("priority", PrincipalKind.USER): Rank.PRIORITY_USER,
    ("standard", PrincipalKind.USER): Rank.STANDARD_USER,
    ("standard", PrincipalKind.PRIMARY_GROUP): Rank.STANDARD_GROUP,
    ("standard", PrincipalKind.GROUP): Rank.STANDARD_GROUP,
    ("standard", PrincipalKind.ROLE): Rank.STANDARD_GROUP,
    ("standard", PrincipalKind.OU): Rank.STANDARD_OU,
}
"""Rank by kind of profile and of principal. Firmware customizations and updates do not exist for users (§5, g)."""

_WORDS = {
    PrincipalKind.USER: "user",
    PrincipalKind.PRIMARY_GROUP: "primary group",
    PrincipalKind.GROUP: "group",
    PrincipalKind.OU: "organizational unit",
    PrincipalKind.ROLE: "role",
}


def principals_of(login: Login) -> tuple[Principal, ...]:
    """All that profiles reach the user by: the user, the primary group, other groups by level, OUs from the inside."""
    found = [Principal(PrincipalKind.USER, login.id, login.name, 0)]
    if login.primary_group:
        found.append(Principal(PrincipalKind.PRIMARY_GROUP, login.primary_group.id, login.primary_group.name, 0))
    found.extend(_groups(login))
    found.extend(
        Principal(PrincipalKind.OU, normal_dn(dn), name, distance)
        for distance, (dn, name) in enumerate(ous_of(login.dn))
    )
    return tuple(found)


def group_name(principal: Principal) -> str:
    """What a layer is ordered by beside its distance: the name of a group or role, "" for the others."""
    named = (PrincipalKind.GROUP, PrincipalKind.PRIMARY_GROUP, PrincipalKind.ROLE)
    return principal.name if principal.kind in named else ""


def normal_dn(dn: str) -> str:
    """A DN as it is compared: without blanks around its parts, whatever the case."""
    return ",".join("=".join(side.strip() for side in part.split("=", 1)) for part in _parts(dn)).casefold()


def _groups(login: Login) -> list[Principal]:
    """Level by level, each group once at its shortest way. What stands around the primary group is of level 2."""
    primary = {login.primary_group.id} if login.primary_group else set()
    seen, found = set(primary), []
    level, distance = [group for group in login.groups if group.id not in primary], 1
    around = sorted(primary)
    while level or around:
        fresh = {group.id: group for group in level if group.id not in seen}
        seen.update(fresh)
        found += [Principal(PrincipalKind.GROUP, group.id, group.name, distance) for group in fresh.values()]
        level = [outer for inner in [*around, *fresh] for outer in login.member_of.get(inner, ())]
        around, distance = [], distance + 1
    return found


def ous_of(dn: str) -> list[tuple[str, str]]:
    """(DN, name) of the OUs above a user from the inside, the root of the domain last. Plain containers are none."""
    parts = _parts(dn)
    kinds = [part.partition("=")[0].strip().upper() for part in parts]
    found = [
        (",".join(parts[index:]), _value(parts[index])) for index, kind in enumerate(kinds) if index and kind == "OU"
    ]
    root = [part for part, kind in zip(parts, kinds, strict=True) if kind == "DC"]
    return [*found, (",".join(root), ".".join(map(_value, root)))] if root else found


def _parts(dn: str) -> list[str]:
    parts, start = [], 0
    for match in _COMMA.finditer(dn):
        parts.append(dn[start : match.end() - 1])
        start = match.end()
    return [part.strip() for part in (*parts, dn[start:]) if part.strip()]


def _value(part: str) -> str:
    """ "Sales, North" of "OU=Sales\\, North"."""
    value = part.partition("=")[2].strip()
    return _ESCAPED.sub(_unescaped, value)


def _unescaped(match: re.Match[str]) -> str:
    return bytes.fromhex(match[1].replace("\\", "")).decode(errors="replace") if match[1] else match[2]
