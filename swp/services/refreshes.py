"""Groups of those who are logged in, read again: which sessions are due, and what came of asking."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from ha.clock import shared_now
from swp.models import Login, Session
from swp.services.objects import objects_seen
from swp.services.sessions import principals_replaced, sessions_end
from ums.core.actor import SYSTEM
from ums.devices.models import Device
from ums.devices.services import settings_changed, structure_locked

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from swp.ldap.types import Entry
    from ums.domain.principals import Principal


@dataclass(frozen=True, slots=True)
class Due:
    """A session whose groups are to be read, and when they were read last. claimed_at: since when it is ours."""

    session: Session
    read_at: datetime
    claimed_at: datetime


@dataclass(frozen=True, slots=True)
class Read:
    """What a directory says of the user of a session. barred: the account is disabled or has expired."""

    due: Due
    entry: Entry
    principals: tuple[Principal, ...] = ()
    barred: bool = False


@transaction.atomic
def sessions_claim(*, before: datetime, without: Collection[int], limit: int) -> list[Due]:
    """Sessions whose groups were read last before that moment, the longest ago first, but not those of the directories
    `without`, nor of directories without a browse account. Nobody else claims them until they are due again.
    """
    rows = Session.objects.filter(checked_at__lt=before).exclude(user__directory__in=without)
    rows = rows.exclude(user__directory__browse_user="").select_related("user__directory")
    now = shared_now()
    found = list(rows.prefetch_related("user__directory__certificates").order_by("checked_at", "pk")[:limit])
    return [Due(row, row.checked_at, now) for row in found if _moved(row, row.checked_at, now)]


def _moved(row: Session, old: datetime, new: datetime) -> bool:
    """Whether the session had not been touched by anybody else."""
    same = Session.objects.filter(pk=row.pk, login=row.login_id, checked_at=old)
    return bool(same.update(checked_at=new))


@transaction.atomic
def sessions_unclaim(*, due: Sequence[Due]) -> None:
    """The directory did not answer: all stays as it was, also when the groups were read last."""
    for one in due:
        _moved(one.session, one.claimed_at, one.read_at)


@transaction.atomic
def sessions_refreshed(*, read: Sequence[Read]) -> tuple[int, int]:
    """Write what directories said. Returns how many sessions are reached by something else now, and how many ended.

    A session that ended meanwhile, or that another login took over, is left alone.
    """
    structure_locked()
    rows = Session.objects.select_for_update().order_by("pk").in_bulk([one.due.session.pk for one in read])
    open_ones = [one for one in read if _same(rows.get(one.due.session.pk), one.due.session)]
    entries: dict[int, list[Entry]] = defaultdict(list)
    for one in open_ones:
        entries[one.due.session.user.directory_id].append(one.entry)
    for one in open_ones:
        if one.due.session.user.directory_id in entries:
            directory = one.due.session.user.directory
            objects_seen(directory=directory, entries=entries.pop(directory.pk))
    changed = [
        one.due.session.pk
        for one in open_ones
        if not one.barred and principals_replaced(session=one.due.session, principals=one.principals)
    ]
    if changed:
        settings_changed(actor=SYSTEM, devices=Device.objects.filter(pk__in=changed))
    barred = Session.objects.filter(pk__in=[one.due.session.pk for one in open_ones if one.barred])
    return len(changed), sessions_end(actor=SYSTEM, sessions=barred, end=Login.End.ENDED)


def _same(row: Session | None, session: Session) -> bool:
    return row is not None and row.login_id == session.login_id
