"""A server that was given up writes nothing in its old name, and what it knew is not lost; servers whose clocks differ
agree on who holds a device."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ha import clock
from ha.models import Process
from ha.services import processes_lost
from tests.factories import DeviceFactory
from tests.factories.ha import ProcessFactory
from ums.connector.presence import PresenceBuffer
from ums.devices.models import Presence
from ums.devices.services import Contact, presence_lost, presence_write
from ums.domain.processes import LOST_AFTER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import SettingsWrapper

    from ums.devices.models import Device

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


class Database:
    """Works at once."""

    async def run(self, work: Any, *arguments: Any) -> Any:
        return work(*arguments)


def flush(buffer: PresenceBuffer) -> None:
    """Without an event loop: there is nothing to wait for, and the connection of the test is used."""
    with pytest.raises(StopIteration):
        buffer.flush().send(None)


def a_buffer(life: str) -> PresenceBuffer:
    return PresenceBuffer(Database(), life)  # type: ignore[arg-type]


def link(device: Device, since: datetime | None = None) -> Any:
    return SimpleNamespace(device_id=device.pk, since=since or timezone.now(), heard=0.0, noted=0.0)


def row(device: Device) -> tuple[bool, str]:
    return Presence.objects.values_list("connected", "server").get(device=device)


def given_up(process: Process) -> None:
    Process.objects.filter(pk=process.pk).update(timestamp=timezone.now() - timedelta(seconds=LOST_AFTER + 1))
    assert processes_lost() == 1


@pytest.fixture
def process(settings: SettingsWrapper) -> Process:
    settings.UMS_NODE = object()
    return ProcessFactory.create()


def test_an_arrival_of_a_life_that_was_given_up_is_written_in_the_next_one(process: Process) -> None:
    device, buffer = DeviceFactory.create(), a_buffer(process.life)
    buffer.arrived(link(device))
    given_up(process)
    flush(buffer)
    assert row(device) == (False, "")
    process.life = "next life"
    process.save()
    buffer.reborn("next life")
    flush(buffer)
    assert row(device) == (True, "next life")


def test_what_a_device_says_to_a_life_that_was_given_up_does_not_raise_it(process: Process) -> None:
    device, buffer = DeviceFactory.create(), a_buffer(process.life)
    held = link(device)
    buffer.arrived(held)
    flush(buffer)
    assert row(device) == (True, process.life)
    given_up(process)
    buffer.alive(held)
    flush(buffer)
    assert not row(device)[0]


def test_what_a_device_says_takes_a_row_that_nobody_holds(process: Process) -> None:
    """Also a row that names an old life of the process that has the connection."""
    device, buffer = DeviceFactory.create(), a_buffer(process.life)
    held = link(device)
    for connected in (False, True):
        Presence.objects.filter(device=device).update(connected=connected, server="old life", connected_at=held.since)
        buffer.alive(held)
        flush(buffer)
        assert row(device) == (True, process.life)


def test_an_older_connection_that_is_written_late_does_not_take_the_device_back(process: Process) -> None:
    device, late, other = DeviceFactory.create(), a_buffer(process.life), ProcessFactory.create()
    first = link(device, timezone.now() - SECOND)
    late.arrived(first)
    late.left(first)
    here = a_buffer(other.life)
    here.arrived(link(device))
    flush(here)
    flush(late)
    assert row(device) == (True, other.life)


def test_a_flush_costs_the_same_for_any_number_of_devices(process: Process) -> None:
    counts = []
    for devices in (DeviceFactory.create_batch(1), DeviceFactory.create_batch(20)):
        now = timezone.now()
        here = [Contact(device.pk, True, now, now, flipped=True) for device in devices]
        gone = [Contact(device.pk, False, now, now, flipped=True) for device in devices]
        with CaptureQueriesContext(connection) as queries:
            assert presence_write(server=process.life, contacts=[*here, *gone], fenced=True)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Makes this process one whose clock is ahead of the database's by some time."""
    truth = timezone.now()
    monkeypatch.setattr(clock, "database_now", lambda: truth)

    def ahead(by: timedelta) -> None:
        monkeypatch.setattr(timezone, "now", lambda: truth + by)
        clock.clock_compared()

    yield ahead
    monkeypatch.undo()
    clock._ahead = timedelta(0)


def test_servers_whose_clocks_differ_agree_who_is_connected(clocks: Any) -> None:
    device, moved = DeviceFactory.create(), DeviceFactory.create()
    clocks(timedelta(minutes=-5))
    behind = a_buffer("behind")
    behind.arrived(link(device, clock.shared_now()))
    flush(behind)
    clocks(timedelta(minutes=5))
    assert presence_lost() == 0
    ahead = a_buffer("ahead")
    ahead.arrived(link(moved, clock.shared_now() - SECOND))
    flush(ahead)
    clocks(timedelta(minutes=-5))
    behind.arrived(link(moved, clock.shared_now()))
    flush(behind)
    assert row(device) == row(moved) == (True, "behind")


def test_a_moment_of_difference_is_the_way_of_the_question(clocks: Any) -> None:
    clocks(timedelta(milliseconds=300))
    assert clock.shared_now() == timezone.now()
