"""The first page of a container with 10,000 objects, beside the same paged search in plain ldap3 on an open connection.

Both find the container by its DN first, as the page does.
"""

from __future__ import annotations

import ssl
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import ldap3

from bench.harness import Figure, figure
from bench.swp_world import PEOPLE, company, link
from swp.ldap import cursors, filters
from swp.ldap.directory import connected
from swp.ldap.entries import described, listed
from swp.ldap.types import Service
from tests.services.ldif import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services.samba import Samba

SIZE = 100
"""Objects of a page."""
ROUNDS = 15
RATIO, SECONDS = 1.5, 0.5


def measure() -> Iterator[Figure]:
    """The median, as a ratio and in seconds."""
    with company() as ad:
        plain = _plain(ad)
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(_ours(ad))
            theirs.append(_theirs(ad, plain))
        plain.unbind()
        cursors.close_old(-1)
    name = "First page of a container with 10,000 objects"
    yield figure(name, median(ours), "s", baseline=median(theirs), limit=RATIO)
    yield figure(f"{name}, in seconds", median(ours), "s", baseline=median(theirs), limit=SECONDS, absolute=True)


def _ours(ad: Samba) -> float:
    linked, container = link(ad), f"{PEOPLE},{ad.base}"
    started = perf_counter()
    with connected(linked) as directory:
        (found,) = directory.at([container])
    entries, token = cursors.first(linked, None, cursors.Query(found.dn, size=SIZE))
    seconds = perf_counter() - started
    assert len(entries) == SIZE and token
    return seconds


def _plain(ad: Samba) -> ldap3.Connection:
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_data=ad.ca, valid_names=[ad.name])
    server = ldap3.Server(ad.address, use_ssl=True, tls=tls, get_info=ldap3.NONE)
    connection = ldap3.Connection(server, f"browse@{ad.domain}", PASSWORD, check_names=False, auto_referrals=False)
    assert connection.bind()
    return connection


def _theirs(ad: Samba, plain: ldap3.Connection) -> float:
    container = f"{PEOPLE},{ad.base}"
    shown = ("(!(objectClass=computer))", "(!(objectClass=contact))", "(!(showInAdvancedViewOnly=TRUE))")
    condition = filters.both("(objectClass=*)", *shown)
    started = perf_counter()
    plain.search(ad.base, filters.of_dn(Service.AD, container), attributes=list(described(Service.AD)), paged_size=1000)
    plain.search(container, condition, ldap3.LEVEL, attributes=list(listed(Service.AD)), paged_size=SIZE)
    seconds = perf_counter() - started
    assert len(plain.response) == SIZE
    return seconds
