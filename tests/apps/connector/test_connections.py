"""Which connections there are and who may stay: presence, voided certificates, silence, what is left behind."""

from __future__ import annotations

import asyncio
import gc
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.apps.connector.world import Server, SimDevice, expired, metric
from ums.connector.link import Link
from ums.connector.services import certificate_revoke
from ums.core.actor import SYSTEM
from ums.devices.models import Device, Presence
from ums.devices.services import device_delete, presence_lost
from ums.domain.protocol import (
    Ask,
    Close,
    Inventory,
    LocalSettings,
    Settings,
)


def test_presence_follows_the_connection(server: Server, device: SimDevice) -> None:
    talk = server.log_in(device)
    server.wait(lambda: device.presence.connected, "connected is stored", 3)
    presence = device.presence
    assert presence.server == server.runtime.server
    assert presence.last_contact is not None
    talk.cut()
    server.wait(lambda: not device.presence.connected, "the loss is stored", 3)


def test_device_that_came_and_went_within_a_flush(server: Server, device: SimDevice) -> None:
    Presence.objects.filter(pk=device.row.pk).update(
        connected=True, server="a dead process", last_contact=timezone.now()
    )
    server.log_in(device).close()
    server.wait(lambda: not device.presence.connected, "not connected", 3)


def test_silent_device_is_ended(server: Server, device: SimDevice) -> None:
    talk = server.log_in(device)
    server.runtime.links[device.row.pk].heard -= 181
    server.run(server.runtime.end_silent())
    talk.closed(Close.RESTART)
    server.wait(lambda: not server.runtime.links, "gone")


def test_claims_of_a_dead_process_are_put_right(server: Server, device: SimDevice) -> None:
    long_ago = timezone.now() - timedelta(seconds=181)
    Presence.objects.filter(pk=device.row.pk).update(connected=True, server="dead", last_contact=long_ago)
    presence_lost()
    assert not device.presence.connected


def test_revocation_cuts_off_at_once(server: Server, device: SimDevice) -> None:
    talk, other = server.log_in(device), server.log_in(SimDevice())
    certificate_revoke(actor=SYSTEM, certificate=device.certificate)
    talk.closed(Close.REFUSED, seconds=2)
    other.send(Ask())
    other.expect(Settings)


def test_deleted_device_is_cut_off(server: Server, device: SimDevice) -> None:
    talk = server.log_in(device)
    device_delete(actor=SYSTEM, device=device.row)
    talk.closed(Close.REFUSED, seconds=2)
    server.wait(lambda: not server.runtime.links, "gone")


def test_lost_message_about_a_void_certificate_is_repaired(server: Server, device: SimDevice) -> None:
    talk = server.log_in(device)
    expired(device.certificate)
    server.run(server.runtime.verify())
    talk.closed(Close.REFUSED)


@pytest.mark.parametrize("message", [Ask(), Inventory(hostname="ghost"), LocalSettings(values={"system.volume": 1})])
def test_messages_of_a_device_that_was_just_deleted(
    server: Server, device: SimDevice, message: Ask | Inventory | LocalSettings
) -> None:
    talk = server.log_in(device)
    Device.objects.filter(pk=device.row.pk).delete()
    talk.send(message)
    talk.closed(Close.REFUSED)
    assert not Device.objects.filter(pk=device.row.pk).exists()


def test_device_that_connected_elsewhere_is_let_go(server: Server, device: SimDevice) -> None:
    talk = server.log_in(device)
    server.run(server.runtime.presence.flush())
    later = timezone.now() + timedelta(seconds=5)
    Presence.objects.filter(pk=device.row.pk).update(server="another", connected_at=later, last_contact=later)
    server.run(server.runtime.verify())
    talk.closed(Close.REPLACED)
    server.run(server.runtime.presence.flush())
    assert device.presence.connected
    assert device.presence.server == "another"


def test_a_device_that_does_not_read_is_ended(server: Server, device: SimDevice) -> None:
    talk = server.log_in(device)
    link = server.runtime.links[device.row.pk]

    async def fill() -> None:
        for _ in range(100):
            link.push(bytes(1_000_000))
        await asyncio.sleep(0)

    before = metric("ums_device_rejected_total", reason="slow")
    server.run(fill())
    server.wait(lambda: not server.runtime.links, "ended")
    assert metric("ums_device_rejected_total", reason="slow") == before + 1
    talk.cut()


def test_connections_leave_nothing_behind(server: Server, device: SimDevice) -> None:
    for number in range(20):
        talk = server.talk()
        if number % 2:
            talk.log_in(device)
        else:
            talk.send(b"rubbish")
            talk.closed(Close.BAD_MESSAGE)
        talk.cut() if number % 3 else talk.close()
    server.wait(lambda: not server.runtime.links and not server.runtime.waiting, "all are gone")

    def left() -> int:
        gc.collect()
        return sum(type(entry) is Link for entry in gc.get_objects())  # isinstance would wake lazy objects

    server.wait(lambda: left() == 0, "no link is held", 15)
