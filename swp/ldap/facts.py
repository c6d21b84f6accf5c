"""Groups and OUs as a controller told of them, remembered for some seconds.

Every login needs the groups of its user, and in the morning hundreds of users of the same groups come at once. Which
groups a user is in is asked each time; what these groups are, and what they are in themselves, is remembered, for each
controller and each account that asks. Domain controllers take longer than that to tell each other of a change.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from swp.ldap.types import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from swp.ldap.talk import Talk
    from swp.ldap.types import Entry

KEPT = 10.0
"""Seconds. Between the controllers of one site AD takes up to 15."""
MOST = 20_000
"""Objects that are remembered in all."""

_told: dict[Hashable, tuple[float, Entry | None]] = {}
"""When it was asked for, and what came; None: there is no such object."""


def known(
    talk: Talk,
    sids: Iterable[str],
    dns: Iterable[str],
    read: Callable[[list[str], list[str]], list[Entry]],
    *,
    anew: bool = False,
) -> list[Entry]:
    """The groups with these SIDs and the objects with these DNs, unordered.

    read: asks for those that are not remembered; anew: for all. Users who ask for themselves are remembered nothing.
    """
    wanted, places = list(dict.fromkeys(sids)), {dn.casefold(): dn for dn in dns}
    if talk.link.service is not Service.AD or not talk.shared:
        return read(wanted, list(places.values()))
    whose = (talk.link.id, talk.link.base_dn, talk.controller, talk.bound)
    now = time.monotonic()
    found: list[Entry | None] = []
    missing: list[str] = []
    for name in (*wanted, *places):
        at, entry = _told.get((whose, name), (-KEPT, None))
        if anew or now - at >= KEPT:
            missing.append(name)
        else:
            found.append(entry)
    if missing:
        told = read([one for one in missing if one not in places], [places[one] for one in missing if one in places])
        named = {one.sid: one for one in told} | {one.dn.casefold(): one for one in told}
        if len(_told) > MOST:
            forget()
        _told.update({(whose, name): (now, named.get(name)) for name in missing})
        found += told
    return list({one.guid: one for one in found if one}.values())


def forget() -> None:
    """Remember nothing."""
    _told.clear()
