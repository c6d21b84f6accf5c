"""Groups of those who are logged in, read again every so many minutes when the settings say so.

Sessions that are due are claimed in small batches; directories are asked outside any transaction. A directory that does
not answer, or that does not know the user (its browse account may not be allowed to see it), changes nothing. A user
whose account was disabled or has expired is logged out.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from ha.clock import shared_now
from swp.feature import SHARED_WORKPLACE
from swp.ldap.directory import connected
from swp.ldap.types import BindRefused, DirectoryUnavailable, Service
from swp.links import link_of
from swp.models import LinkedDirectory, SharedWorkplaceSettings
from swp.principals import principals_for
from swp.services.refreshes import Due, Read, sessions_claim, sessions_refreshed, sessions_unclaim
from ums.features.selectors import is_enabled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from swp.ldap.directory import Directory
    from swp.ldap.types import Link

log = structlog.get_logger()

BATCH = 20
"""Sessions that are claimed at once."""
LONGEST = 45.0
"""Seconds after which a run claims no more: the next one begins after a minute."""


@dataclass(slots=True)
class Refreshed:
    """What a run came to: sessions read, reached by something else now, ended; directories that were silent."""

    read: int = 0
    changed: int = 0
    ended: int = 0
    silent: frozenset[int] = frozenset()


def groups_refresh() -> Refreshed:
    """Read the groups of all sessions that are due. Nothing while the settings say 0 minutes, or nobody may log in."""
    result = Refreshed()
    settings = SharedWorkplaceSettings.objects.first()
    if settings is None or not settings.refresh_minutes or not is_enabled(SHARED_WORKPLACE):
        return result
    before, until = shared_now() - timedelta(minutes=settings.refresh_minutes), time.monotonic() + LONGEST
    others = _others() if settings.all_domains else ()
    left: list[Due] = []
    while time.monotonic() < until:
        due = sessions_claim(before=before, without=result.silent, limit=BATCH)
        if not due:
            break
        read = [one for batch in _by_directory(due) for one in _asked(batch, others, result)]
        known = {one.due.session.pk for one in read}
        left += [one for one in due if one.session.pk not in known and one.session.user.directory_id in result.silent]
        if read:
            changed, ended = sessions_refreshed(read=read)
            result.read, result.changed, result.ended = (
                result.read + len(read),
                result.changed + changed,
                result.ended + ended,
            )
    if left:
        sessions_unclaim(due=left)
    return result


def _others() -> tuple[Link, ...]:
    """All domains whose groups may count."""
    rows = LinkedDirectory.objects.filter(kind=Service.AD.value).prefetch_related("certificates")
    return tuple(map(link_of, rows))


def _by_directory(due: Sequence[Due]) -> Iterator[list[Due]]:
    for pk in sorted({one.session.user.directory_id for one in due}):
        yield [one for one in due if one.session.user.directory_id == pk]


def _asked(due: Sequence[Due], others: Sequence[Link], result: Refreshed) -> list[Read]:
    """What one directory says of its users; as far as it came when it falls silent."""
    row, read = due[0].session.user.directory, list[Read]()
    link = link_of(row)
    try:
        with connected(link) as directory:
            for one in due:
                if said := _said(one, link, directory, others):
                    read.append(said)
    except (BindRefused, DirectoryUnavailable) as error:
        result.silent |= {row.pk}
        log.warning("groups_not_read", domain=row.domain_name, reason=str(error))
    return read


def _said(due: Due, link: Link, directory: Directory, others: Sequence[Link]) -> Read | None:
    entry = directory.entry(due.session.user.guid)
    if entry is None:
        log.warning("user_not_found", domain=link.domain, user=due.session.user.name)
        return None
    if entry.disabled or entry.expired:
        return Read(due, entry, barred=True)
    return Read(due, entry, principals_for(link, directory, entry, others))
