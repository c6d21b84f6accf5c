"""What devices tell of their peripherals becomes rows: for many devices at once, and a repeat changes nothing.

1. The devices are locked, so that two servers never write about the same one at a time.
2. Events that are new (`AssetReports`) are laid on what the device has as far as is known; where it tells all that it
   has, what differs is an event that the server missed, and is made up.
3. The rows are written (`rows.py`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction

from ha.clock import shared_now
from ums.assets.facts import facts
from ums.assets.models import AssetReports, Stay
from ums.assets.names import names
from ums.assets.services.rows import Happening, Place, Told, rows_write
from ums.devices.models import Device
from ums.devices.services import devices_locked
from ums.domain.peripherals import Change
from ums.domain.protocol import AssetEvents

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ums.assets.facts import Facts
    from ums.domain.protocol import Peripheral

AT_ONCE = 2000
"""Peripherals that are named in one transaction."""

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""A device that names an earlier time has no clock: then the time of the report counts."""

_CHANGES = frozenset(Change)


class AssetReport(NamedTuple):
    """What a device tells."""

    device_id: int
    message: AssetEvents


def assets_report(*, reports: Sequence[AssetReport]) -> list[bool]:
    """Store what devices tell, reports of one device in their order; False for devices that do not exist any more.

    It is in the database when this returns. Twenty queries at most for 2,000 peripherals; nothing is written but news.
    """
    return [known for part in _parts(reports) for known in _stored(part)]


def _parts(reports: Sequence[AssetReport]) -> Iterator[Sequence[AssetReport]]:
    part: list[AssetReport] = []
    size = 0
    for report in reports:
        weight = len(report.message.events) + len(report.message.present or ())
        if part and size + weight > AT_ONCE:
            yield part
            part, size = [], 0
        part.append(report)
        size += weight
    yield part


@transaction.atomic
def _stored(reports: Sequence[AssetReport]) -> list[bool]:
    existing = devices_locked(ids=(report.device_id for report in reports))
    listener = _Listener(existing)
    for report in reports:
        if report.device_id in existing:
            listener.hear(report)
    rows_write(listener.told)
    return [report.device_id in existing for report in reports]


class _Listener:
    """Lays reports of one transaction on what is known of their devices."""

    def __init__(self, devices: Collection[int]) -> None:
        units = dict(Device.objects.filter(pk__in=devices).order_by().values_list("pk", "unit_id"))
        self.told = Told(now=shared_now(), units=units, reports=AssetReports.objects.in_bulk(devices))
        self._names = names()
        stays = Stay.objects.filter(device__in=devices, until=None).order_by("pk")
        for pk, asset, identity, device_id, port, since in stays.values_list(
            "pk", "asset", "asset__identity", "device", "port", "since"
        ):
            self.told.keep(Place(identity, device_id, units[device_id], port, since, pk=pk, asset_id=asset))

    def hear(self, report: AssetReport) -> None:
        """One report."""
        device_id, message = report
        known = self.told.reports.setdefault(device_id, AssetReports(device_id=device_id))
        before = (known.journal, known.sequence)
        if known.journal != message.journal:
            known.journal, known.sequence = message.journal, 0
        for event in message.events:
            if event.sequence > known.sequence:
                known.sequence = event.sequence
                if event.kind in _CHANGES and (found := self._meet(device_id, event.asset)):
                    time = self._moment(event.time)
                    self._happen(device_id, found.identity, event.asset.port, Change(event.kind), time)
        if message.present is not None and message.sequence >= known.sequence:
            self._compare(device_id, message.present, self._moment(message.time))
            known.told_at = self.told.now
        known.sequence = max(known.sequence, message.sequence)
        if message.present is not None or before != (known.journal, known.sequence):
            self.told.heard.add(device_id)

    def _compare(self, device_id: int, present: Sequence[Peripheral], time: datetime) -> None:
        """What is not as it was: the server was not told when it happened."""
        there = {(found.identity, one.port) for one in present if (found := self._meet(device_id, one))}
        before = set(self.told.open[device_id])
        for identity, port in sorted(before - there):
            self._happen(device_id, identity, port, Change.REMOVE_ON_BOOT, time)
        for identity, port in sorted(there - before):
            self._happen(device_id, identity, port, Change.ADD_ON_BOOT, time)

    def _meet(self, device_id: int, peripheral: Peripheral) -> Facts | None:
        found = facts(peripheral, self.told.units[device_id], self._names)
        if found:
            self.told.facts[found.identity] = found
        return found

    def _happen(self, device_id: int, identity: str, port: str, change: Change, time: datetime) -> None:
        unit_id = self.told.units[device_id]
        place = self.told.open[device_id].get((identity, port))
        if change.adds and place is None:
            self.told.keep(Place(identity, device_id, unit_id, port, time))
        elif not change.adds and place is not None:
            self.told.end(place, time)
        self.told.happenings.append(Happening(identity, device_id, unit_id, port, change, time))

    def _moment(self, seconds: float) -> datetime:
        try:
            moment = datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):
            return self.told.now
        return moment if EARLIEST <= moment <= self.told.now else self.told.now
