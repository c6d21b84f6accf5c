"""By what profiles reach a user, as the directory says at a login: the user, groups by nesting distance, OUs.

Which groups count is what AD itself computes for a login (tokenGroups): security groups, the primary group and groups
by nesting. By which way the user is in a group is read from what they are members of; entry is one that tells it too.
Distribution groups are none of them. Everything is known by its objectGUID.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from swp.ldap.directory import connected
from swp.ldap.types import BindRefused, DirectoryUnavailable, Entry, ObjectKind
from ums.domain.principals import Group, Login, Principal, PrincipalKind, ous_of, principals_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from swp.ldap.directory import Directory
    from swp.ldap.types import Link

ROUNDS = 10
"""How often a way of memberships may lead from one domain to another."""
_BUILTIN = "S-1-5-32-"
"""SIDs that each domain has, for groups of its own."""


@dataclass
class _Graph:
    """Groups by id and DN, and which are around which. known: SIDs and DNs of members, for other domains."""

    groups: dict[str, Group] = field(default_factory=dict)
    by_dn: dict[str, Group] = field(default_factory=dict)
    around: dict[str, list[Group]] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)

    def add(self, entries: Iterable[Entry]) -> list[Entry]:
        """Take groups in; those that are new."""
        fresh = [one for one in entries if one.kind is ObjectKind.GROUP and str(one.guid) not in self.groups]
        for one in fresh:
            group = Group(str(one.guid), one.name)
            self.groups[group.id] = self.by_dn[one.dn.casefold()] = group
            self.members[one.dn] = group.id
            if not one.sid.startswith(_BUILTIN):
                self.members[one.sid] = group.id
        return fresh

    def connect(self, entries: Iterable[Entry]) -> None:
        """See which groups are around these objects."""
        for one in entries:
            known = (self.by_dn.get(dn.casefold()) for dn in one.member_of)
            self.around.setdefault(str(one.guid), []).extend(group for group in known if group)


def principals_for(
    link: Link, directory: Directory, entry: Entry, others: Sequence[Link] = ()
) -> tuple[Principal, ...]:
    """The user first, then the primary group, other groups by distance, OUs from the inside to the domain's root.

    others: linked domains whose groups count too. One that cannot be asked is left out: nobody is kept from logging in
    by a domain that is not his. Raises DirectoryUnavailable for the user's own.
    """
    groups, dns = directory.token_groups(entry.dn), [dn for dn, _ in ous_of(entry.dn)]
    found, reached = _principals(link, directory, entry, directory.known(groups, dns), others)
    if not reached:
        # A group came into another one just now, and what is remembered does not show the way.
        found, _ = _principals(link, directory, entry, directory.known(groups, dns, anew=True), others)
    return found


def _principals(
    link: Link, directory: Directory, entry: Entry, found: Sequence[Entry], others: Sequence[Link]
) -> tuple[tuple[Principal, ...], bool]:
    """By the user's groups and what is above him; and whether to each of the groups a way is known."""
    graph = _Graph()
    graph.members.update({entry.sid: str(entry.guid), entry.dn: str(entry.guid)})
    primary = next((one for one in graph.add(found) if one.sid == entry.primary_group), None)
    graph.connect([entry, *found])
    if others:
        _look_around(graph, directory, [other for other in others if other.id != link.id])
    user = str(entry.guid)
    login = Login(
        id=user,
        name=entry.name,
        dn=entry.dn,
        primary_group=graph.groups[str(primary.guid)] if primary else None,
        groups=graph.around.pop(user, []),
        member_of=graph.around,
    )
    ous = {one.dn.casefold(): one for one in found if one.kind is not ObjectKind.GROUP}
    principals = principals_of(login)
    reached = graph.groups.keys() <= {one.id for one in principals}
    return _by_guid(principals, graph, [dn for dn, _ in ous_of(entry.dn)], ous), reached


def _look_around(graph: _Graph, directory: Directory, others: Sequence[Link]) -> None:
    """Ask each domain for its groups around what is known, and again around what came to be known by that."""
    fresh = dict(graph.members)
    for _ in range(ROUNDS):
        before = set(graph.members)
        for other in others:
            try:
                with connected(other) as there:
                    _take(graph, there, fresh)
            except (BindRefused, DirectoryUnavailable):
                continue
        if foreign := {key: value for key, value in graph.members.items() if key not in before}:
            _take(graph, directory, foreign)
        fresh = {key: value for key, value in graph.members.items() if key not in before}
        if not fresh:
            return


def _take(graph: _Graph, there: Directory, members: dict[str, str]) -> None:
    """The groups of a domain around members that other domains have, and the groups around those."""
    sids = [key for key in members if key.startswith("S-1-")]
    found = there.foreign_groups(sids, [key for key in members if "=" in key])
    level, taken = [group for _, group in found], list[Entry]()
    while level := graph.add(level):
        taken += level
        level = there.at({dn for one in level for dn in one.member_of})
    graph.connect(taken)
    for member, group in found:
        around = graph.around.setdefault(members[member], [])
        around.append(graph.groups[str(group.guid)])


def _by_guid(
    principals: Sequence[Principal], graph: _Graph, dns: Sequence[str], ous: dict[str, Entry]
) -> tuple[Principal, ...]:
    """OUs by their objectGUID instead of their DN; and the groups to which no way is shown, after all others."""
    others = [one for one in principals if one.kind is not PrincipalKind.OU]
    chain = [one for one in principals if one.kind is PrincipalKind.OU]
    seen = {one.id for one in others}
    furthest = max((one.distance for one in others), default=0) + 1
    unreached = sorted((one for one in graph.groups.values() if one.id not in seen), key=lambda one: one.name)
    return (
        *others,
        *(Principal(PrincipalKind.GROUP, one.id, one.name, furthest) for one in unreached),
        *(
            replace(one, id=str(ous[dn.casefold()].guid), name=ous[dn.casefold()].name)
            for one, dn in zip(chain, dns, strict=True)
            if dn.casefold() in ous
        ),
    )
