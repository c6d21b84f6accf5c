"""Posting notices, settling them, and forgetting them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from ha.clock import shared_now
from ums.audit.services import record_each
from ums.core.access import Action, require, restrict
from ums.core.errors import NotAllowed
from ums.devices.models import Device
from ums.events.recording import events
from ums.live.messages import NoticesChanged
from ums.live.publish import publish_on_commit
from ums.notices.kinds import KINDS
from ums.notices.models import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ums.core.actor import Actor

KEPT = timedelta(days=90)
"""How long notices are kept after they were settled."""

AT_ONCE = 2000
"""Rows of one statement."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """One thing to tell. once: never again under this key, also when the notice was settled."""

    key: str
    kind: str
    title: str
    level: Notice.Level = Notice.Level.WARNING
    detail: str = ""
    device: Device | None = None
    path: str = ""
    once: bool = False


@transaction.atomic
def notices_post(*, noticed: Iterable[Noticed]) -> list[str]:
    """Store what was noticed, in a handful of statements; returns the keys that are new.

    One that is open under the same key counts one more, and says what was noticed last. Raises KeyError for a kind that
    nobody declared.
    """
    wanted: dict[str, Noticed] = {}
    times: dict[str, int] = {}
    for one in noticed:
        KINDS[one.kind]
        wanted[one.key] = one
        times[one.key] = times.get(one.key, 0) + 1
    if not wanted:
        return []
    now = shared_now()
    known = Notice.objects.select_for_update().filter(key__in=wanted).order_by("pk")
    told: set[str] = set()
    again = []
    for row in known:
        if row.settled_at is None:
            told.add(row.key)
        if row.settled_at is None and not wanted[row.key].once:
            row.count = F("count") + times[row.key]
            row.last_at, row.detail = now, wanted[row.key].detail[:1000]
            again.append(row)
        elif wanted[row.key].once:
            told.add(row.key)
    Notice.objects.bulk_update(again, ["count", "last_at", "detail"], batch_size=500)
    fresh = [_row(one, times[key], now) for key, one in wanted.items() if key not in told]
    # Somebody who posts the same in this moment is not waited for: theirs stands then.
    Notice.objects.bulk_create(fresh, batch_size=500, ignore_conflicts=True)
    if fresh:
        stored = Notice.objects.filter(key__in=[row.key for row in fresh], settled_at=None, first_at=now)
        about = [
            (row, {"kind": row.kind, "level": row.level}) for row in stored.select_related("device").order_by("pk")
        ]
        events(kind="notice.posted", about=about)
    if fresh or again:
        publish_on_commit(NoticesChanged())
    return [row.key for row in fresh]


def _row(one: Noticed, times: int, now: datetime) -> Notice:
    return Notice(
        key=one.key,
        kind=one.kind,
        level=one.level,
        title=one.title[:255],
        detail=one.detail[:1000],
        device=one.device,
        device_name=one.device.name if one.device else "",
        path=one.path,
        count=times,
        first_at=now,
        last_at=now,
    )


@transaction.atomic
def notices_settle(*, actor: Actor, notices: Sequence[Notice]) -> int:
    """Somebody has seen to them. Those that are settled stay as they are. Returns how many were open.

    Raises NotAllowed unless the actor may write all the devices; those of no device need *Manage administrators*.
    """
    _require(actor, notices)
    ids = [row.pk for row in notices]
    rows = list(Notice.objects.select_for_update().filter(pk__in=ids, settled_at=None).order_by("pk"))
    now = shared_now()
    Notice.objects.filter(pk__in=[row.pk for row in rows]).update(settled_at=now, settled_by=actor.name[:150])
    record_each(actor=actor, action="notice.settled", changes=[(row, None, _words(row)) for row in rows])
    if rows:
        publish_on_commit(NoticesChanged())
    return len(rows)


@transaction.atomic
def notices_reopen(*, actor: Actor, notices: Sequence[Notice]) -> int:
    """Take settling back; what was noticed again meanwhile has an open one, and stays settled. Raises NotAllowed."""
    _require(actor, notices)
    ids = [row.pk for row in notices]
    rows = list(Notice.objects.select_for_update().filter(pk__in=ids, settled_at__isnull=False).order_by("pk"))
    taken = set(Notice.objects.filter(key__in=[row.key for row in rows], settled_at=None).values_list("key", flat=True))
    again = {row.key: row for row in rows if row.key not in taken}
    Notice.objects.filter(pk__in=[row.pk for row in again.values()]).update(settled_at=None, settled_by="")
    record_each(actor=actor, action="notice.reopened", changes=[(row, None, _words(row)) for row in again.values()])
    if again:
        publish_on_commit(NoticesChanged())
    return len(again)


def _require(actor: Actor, notices: Sequence[Notice]) -> None:
    """Raises NotAllowed."""
    if actor.user is None:
        return
    devices = {row.device_id for row in notices if row.device_id}
    if any(row.device_id is None for row in notices):
        require(actor.user, Action.ADMINISTER)
    allowed = restrict(Device.objects.filter(pk__in=devices), actor.user, Action.WRITE)
    if devices and allowed.count() < len(devices):
        raise NotAllowed("You lack the permission “Write” on a device of these notices.")


def _words(row: Notice) -> dict[str, str]:
    return {"kind": row.kind, "device": row.device_name}


def notices_prune() -> int:
    """Delete notices that were settled KEPT ago. Returns how many are gone."""
    old = Notice.objects.filter(settled_at__lt=shared_now() - KEPT)
    gone = 0
    while ids := list(old.order_by("settled_at").values_list("pk", flat=True)[:AT_ONCE]):
        gone += Notice.objects.filter(pk__in=ids).delete()[0]
    return gone
