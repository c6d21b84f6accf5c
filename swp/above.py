"""By what profiles reach an object of a directory: itself, the groups around it, the OUs above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swp.kinds import CONTAINERS
from swp.ldap.types import ObjectKind
from swp.principals import principals_for
from ums.domain.principals import Principal, PrincipalKind, ous_of

if TYPE_CHECKING:
    from swp.ldap.directory import Directory
    from swp.ldap.types import Entry


def principals_above(directory: Directory, entry: Entry) -> tuple[Principal, ...]:
    """The object first. Of a user all that counts at a login; of a group the groups around it, which its members are
    in as well; of an OU those that it lies in. A plain container is none, and what it lies in reaches what it holds.
    """
    if entry.kind is ObjectKind.USER:
        return principals_for(directory.link, directory, entry)
    if entry.kind is ObjectKind.GROUP:
        return _groups(directory, entry)
    return _ous(directory, entry)


def _groups(directory: Directory, entry: Entry) -> tuple[Principal, ...]:
    """Level by level, one search for each; circles end."""
    found = {entry.guid: Principal(PrincipalKind.GROUP, str(entry.guid), entry.name, 1)}
    level, distance = [entry], 1
    while dns := sorted({dn for group in level for dn in group.member_of}):
        level = [group for group in directory.at(dns) if group.guid not in found]
        distance += 1
        found.update(
            {group.guid: Principal(PrincipalKind.GROUP, str(group.guid), group.name, distance) for group in level}
        )
    return tuple(found.values())


def _ous(directory: Directory, entry: Entry) -> tuple[Principal, ...]:
    """From the object outwards; the root of the domain is the last."""
    dns = [dn for dn, _ in ous_of(entry.dn)]
    above = {one.dn.casefold(): one for one in directory.at(dns)} if dns else {}
    chain = [entry, *(above[dn.casefold()] for dn in dns if dn.casefold() in above)]
    return tuple(
        Principal(PrincipalKind.OU, str(one.guid), one.name, distance)
        for distance, one in enumerate(chain)
        if one.kind in CONTAINERS
    )
