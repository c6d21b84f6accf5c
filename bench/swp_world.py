"""A company in a real Active Directory, for the benchmarks of Shared Workplace: 10,000 users, 500 groups five deep.

All users lie in one container, PEOPLE: u0, u1 and so on. The first of them have the password `PASSWORD` and may log in.
Each user is in three of the innermost groups, and so in up to fifteen. Made once in a run of benchmarks, which takes
minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from swp.ldap.types import Controller, Credentials, Link, Service
from tests.services.domains import once
from tests.services.ldif import PASSWORD
from tests.services.samba import Samba

REALM = "BIG.TEST"
USERS = 10_000
LOGINS = 500
LEVELS = (300, 100, 60, 30, 10)
"""Groups of each level, from the inside."""
PEOPLE, GROUPS = "OU=People,OU=Company", "OU=Groups"


@contextmanager
def company(users: int = USERS, passwords: int = LOGINS) -> Iterator[Samba]:
    """The domain, running on both cores. passwords: of how many users one is known."""
    domain = once(REALM, lambda made: _fill(made, users, passwords))
    try:
        yield domain.start(model="prefork")
    finally:
        domain.stop()


def link(ad: Samba) -> Link:
    """With its browse account."""
    return Link(
        id=1,
        service=Service.AD,
        domain=ad.domain,
        base_dn=ad.base,
        controllers=(Controller(ad.address),),
        certificates=ad.ca,
        browse=Credentials(f"browse@{ad.domain}", PASSWORD),
    )


def _fill(ad: Samba, users: int, passwords: int) -> None:
    ad.add([ad.ou(PEOPLE.partition(",")[2]), ad.ou(PEOPLE), ad.ou(GROUPS), ad.user("browse")])
    ad.add(ad.user(f"u{n}", PEOPLE, password=PASSWORD if n < passwords else "") for n in range(users))
    inside = [[ad.dn(f"u{n}", PEOPLE) for n in range(users) if number in _groups_of(n)] for number in range(LEVELS[0])]
    for level, count in enumerate(LEVELS):
        names = [f"level{level}-{number:03}" for number in range(count)]
        ad.add(ad.group(name, GROUPS, members=members) for name, members in zip(names, inside, strict=True))
        if level + 1 < len(LEVELS):
            outer = LEVELS[level + 1]
            inside = [[ad.dn(name, GROUPS) for name in names[number::outer]] for number in range(outer)]


def _groups_of(number: int) -> set[int]:
    """The innermost groups of a user."""
    return {number % LEVELS[0], number * 7 % LEVELS[0], (number * 13 + 1) % LEVELS[0]}
