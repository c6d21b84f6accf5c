"""A company in a real Active Directory, for the benchmarks of Shared Workplace: 10,000 users, 500 groups five deep.

All users lie in one container, OU=Bulk. The first LOGINS of them have the password `PASSWORD` and may log in. Each user
is in three of the innermost groups, and so in fifteen. Made once in a run of benchmarks, which takes minutes.
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
BULK, GROUPS = "OU=Bulk", "OU=Groups"


@contextmanager
def company() -> Iterator[Samba]:
    """The domain, running on both cores."""
    domain = once(REALM, _fill)
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


def account(number: int) -> str:
    """sAMAccountName of a user."""
    return f"user{number:05}"


def _fill(ad: Samba) -> None:
    ad.add([ad.ou(BULK), ad.ou(GROUPS), ad.user("browse")])
    ad.add(ad.user(account(n), BULK, password=PASSWORD if n < LOGINS else "") for n in range(USERS))
    for level, count in enumerate(LEVELS):
        ad.add(
            ad.group(_group(level, n), GROUPS, members=(ad.dn(name, of) for name, of in _members(level, n)))
            for n in range(count)
        )


def _group(level: int, number: int) -> str:
    return f"level{level}-{number:03}"


def _members(level: int, number: int) -> set[tuple[str, str]]:
    """(name, container) of those in a group: users on the innermost level, groups of the level before on the others."""
    count = LEVELS[level]
    if level == 0:
        return {(account(n), BULK) for n in range(USERS) if number in {n % count, n * 7 % count, (n * 13 + 1) % count}}
    return {(_group(level - 1, n), GROUPS) for n in range(LEVELS[level - 1]) if n % count == number}
