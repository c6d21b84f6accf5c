"""Devices that come and go, users at them, and processes of the network make events."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ha.clock import shared_now
from ha.services import processes_lost
from tests.cast import Cast
from tests.factories import DeviceFactory, ProcessFactory
from ums.core.access import Action
from ums.devices.models import Device, Presence
from ums.devices.services import Contact, presence_lost, presence_regained, presence_write
from ums.events.models import Event

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str, str]]:
    """Kinds and names since the last time."""
    rows = list(Event.objects.order_by("id").values_list("kind", "object_name"))
    Event.objects.all().delete()
    return rows


def contact(device: Device, connected: bool, flipped: bool = True, seconds: int = 0) -> Contact:
    now = shared_now() + timedelta(seconds=seconds)
    return Contact(device.pk, connected, now if connected else None, now, flipped)


def test_devices_come_and_go(cast: Cast) -> None:
    device, other = cast.things["device"], cast.things["elsewhere"]
    for row in (device, other):
        Presence.objects.get_or_create(device=row)
    told()
    presence_write(server="a", contacts=[contact(device, True), contact(other, True)])
    assert told() == [("device.online", "Own device"), ("device.online", "Another's device")]
    presence_write(server="a", contacts=[contact(device, True, flipped=False)])
    presence_write(server="b", contacts=[contact(device, True, seconds=1)])
    presence_write(server="a", contacts=[contact(device, False)])
    assert told() == []
    presence_write(server="b", contacts=[contact(device, False)])
    row = Event.objects.get()
    assert (row.object_type, row.object_id, row.directory) == ("device", str(device.pk), device.directory_id)
    assert (row.sees, row.data, row.position) == (Action.READ, {}, None)
    assert told() == [("device.offline", "Own device")]
    presence_lost(server="a")
    assert told() == [("device.offline", "Another's device")]
    presence_regained(server="a", device_ids=[other.pk])
    assert told() == [("device.online", "Another's device")]


def test_processes_of_the_network(cast: Cast) -> None:
    process = ProcessFactory(timestamp=shared_now() - timedelta(hours=1))
    told()
    processes_lost()
    row = Event.objects.get(object_id=process.pk)
    assert (row.kind, row.sees, row.directory) == ("process.lost", Action.ADMINISTER, None)
    assert row.data["type"] == process.type


def test_many_devices_cost_no_more_queries(cast: Cast, django_assert_max_num_queries: object) -> None:
    devices = DeviceFactory.create_batch(30)
    Presence.objects.bulk_create([Presence(device=device) for device in devices], ignore_conflicts=True)
    told()
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        presence_write(server="a", contacts=[contact(device, True) for device in devices])
    assert len(told()) == 30
