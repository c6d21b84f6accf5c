"""Which devices are connected, as the servers that hold their connections write it. Not audited, as other reports.

Moments are the database's time (`ha.clock.shared_now`): servers compare theirs with those of others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from django.db import connection, transaction

from ha.clock import shared_now
from ha.models import Process
from ums.devices.happened import device_events
from ums.devices.models import Presence
from ums.devices.services.locks import rows_locked
from ums.domain.presence import LOST_AFTER
from ums.live.messages import DevicesChanged
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

T = TypeVar("T")

PART = 1000
"""Rows in one statement."""

_HERE = """
UPDATE devices_presence SET connected = %s, server = %s, connected_at = news.column2, last_contact = news.column3
FROM (VALUES {rows}) AS news
WHERE device_id = news.column1 {fence}
AND (NOT connected OR server = %s OR connected_at IS NULL OR connected_at <= news.column2)
"""
_FENCE = "AND EXISTS (SELECT 1 FROM epr_processes WHERE life = %s)"


@dataclass(frozen=True, slots=True)
class Contact:
    """The latest that a server knows of a device's connection. `connected_at` is there when it is connected."""

    device_id: int
    connected: bool
    connected_at: datetime | None
    last_contact: datetime
    flipped: bool
    """Whether `connected` changed: browsers hear of it."""


@transaction.atomic
def presence_write(*, server: str, contacts: Collection[Contact], fenced: bool = False) -> bool:
    """Store what one server process knows, in few statements.

    A row takes a connection when it names this process, when nobody is connected, or when the connection is not older
    than the one that it has: a process that lost a device to another one does not take it back. A row takes the end of
    a connection when it names this process.

    `fenced`: `server` is the life of a process of the network. Each statement is void once that has been given up:
    False, and the process has to say it again in the name of its next life.
    """
    for ids in _parts(sorted({contact.device_id for contact in contacts})):
        rows_locked(Presence.objects.filter(pk__in=ids))
    for part in _parts([contact for contact in contacts if contact.connected]):
        away = set(Presence.objects.filter(pk__in=_flipped(part), connected=False).values_list("pk", flat=True))
        _write_here(server, part, fenced)
        came = Presence.objects.filter(pk__in=away, connected=True).values_list("pk", flat=True) if away else ()
        device_events(kind="device.online", ids=list(came), time=shared_now())
    for part in _parts(sorted((one for one in contacts if not one.connected), key=lambda one: one.last_contact)):
        rows = Presence.objects.filter(device_id__in=[contact.device_id for contact in part], server=server)
        went = list(rows.filter(pk__in=_flipped(part), connected=True).values_list("pk", flat=True))
        device_events(kind="device.offline", ids=went, time=part[-1].last_contact)
        # Of one flush, so within a second or two: one statement, with the latest time.
        rows.update(connected=False, last_contact=part[-1].last_contact)
    if fenced and not Process.objects.filter(life=server).exists():
        return False
    if flipped := tuple(contact.device_id for contact in contacts if contact.flipped):
        publish_on_commit(DevicesChanged(flipped))
    return True


def _write_here(server: str, contacts: Sequence[Contact], fenced: bool) -> None:
    adapt = connection.ops.adapt_datetimefield_value
    values = [
        value
        for contact in contacts
        for value in (contact.device_id, adapt(contact.connected_at), adapt(contact.last_contact))
    ]
    rows = ", ".join(["(%s, %s, %s)"] * len(contacts))
    with connection.cursor() as cursor:
        cursor.execute(
            _HERE.format(rows=rows, fence=_FENCE if fenced else ""),
            [True, server, *values, *([server] if fenced else []), server],
        )


def _flipped(contacts: Sequence[Contact]) -> list[int]:
    return [contact.device_id for contact in contacts if contact.flipped]


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), PART):
        yield items[start : start + PART]


@transaction.atomic
def presence_lost(*, server: str | None = None) -> int:
    """Rows that claim a connection which nobody has kept alive are put right. Returns how many.

    Those without contact for LOST_AFTER, and those of `server`, a process that has just started, is stopping, or was
    given up.
    """
    claims = Presence.objects.filter(connected=True)
    if server is None:
        claims = claims.filter(last_contact__lt=shared_now() - LOST_AFTER)
    else:
        claims = claims.filter(server=server)
    lost = 0
    for part in _parts(sorted(claims.values_list("pk", flat=True))):
        # With the condition again: a device may have come to another server meanwhile.
        ids = tuple(claims.select_for_update().filter(pk__in=part).order_by("pk").values_list("pk", flat=True))
        Presence.objects.filter(pk__in=ids).update(connected=False)
        device_events(kind="device.offline", ids=ids, time=shared_now())
        publish_on_commit(DevicesChanged(ids))
        lost += len(ids)
    return lost


@transaction.atomic
def presence_regained(*, server: str, device_ids: Collection[int]) -> None:
    """Connections of a process that had been given up and is back: those that no other process has taken over."""
    for part in _parts(sorted(device_ids)):
        free = Presence.objects.select_for_update().filter(pk__in=part, connected=False).order_by("pk")
        regained = tuple(free.values_list("pk", flat=True))
        Presence.objects.filter(pk__in=regained).update(connected=True, server=server, last_contact=shared_now())
        device_events(kind="device.online", ids=regained, time=shared_now())
        publish_on_commit(DevicesChanged(regained))
