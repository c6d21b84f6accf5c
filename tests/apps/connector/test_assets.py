"""Peripherals over the device socket: stored before the answer, told only where somebody wants to know."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier

import msgspec
import pytest
from django.db import connections

from tests.apps.connector.world import Server, SimDevice
from tests.factories import CatalogueFactory, DeviceFactory
from tests.factories.licences import GivenLicenceFactory, LicenceFactory
from ums.assets.models import Asset, AssetEvent, Stay
from ums.assets.services import AssetReport, assets_report
from ums.connector import told
from ums.domain.licences import ASSET_INVENTORY
from ums.domain.protocol import (
    AssetChange,
    AssetEvents,
    AssetsStored,
    Close,
    Heartbeat,
    Peripheral,
    Ready,
    TellAssets,
    Welcome,
)
from ums.features.models import Feature
from ums.licences.models import GivenLicence, Licence

STICK = Peripheral("usb", "1-2", "0781", "5581", serial="4C53", name="Ultra")


@pytest.fixture
def device(server: Server) -> SimDevice:
    """A device that is licensed."""
    CatalogueFactory()
    device = SimDevice()
    GivenLicenceFactory(unit_id=device.row.unit_id, licence=LicenceFactory())
    return device


def switched(enabled: bool) -> None:
    Feature.objects.update_or_create(name=ASSET_INVENTORY, defaults={"enabled": enabled})
    told.assets.forget()


def plugged(sequence: int = 1) -> AssetEvents:
    return AssetEvents("journal", sequence, [AssetChange(sequence, "add", 1.7e9, STICK)])


def test_the_answer_comes_when_it_is_stored(server: Server, device: SimDevice) -> None:
    talk = server.log_in(device)
    talk.expect(TellAssets)
    talk.send(plugged())
    assert talk.expect(AssetsStored) == AssetsStored("journal", 1)
    assert Asset.objects.get().device == device.row


def test_the_same_again_is_answered_and_changes_nothing(server: Server, device: SimDevice) -> None:
    for _ in range(2):
        talk = server.log_in(device)
        talk.expect(TellAssets)
        talk.send(plugged())
        talk.expect(AssetsStored)
        talk.close()
        server.wait(lambda: not server.runtime.links, "the device left")
    assert AssetEvent.objects.count() == 1


def test_without_a_licence_nobody_asks(server: Server, device: SimDevice) -> None:
    GivenLicence.objects.all().delete()
    Licence.objects.all().delete()
    told.assets.forget()
    talk = server.log_in(device)
    talk.send(plugged())
    talk.expect(AssetsStored)
    assert not Asset.objects.exists()


def test_who_is_connected_hears_of_the_switch(server: Server, device: SimDevice) -> None:
    switched(False)
    talk = server.log_in(device)
    server.run(server.runtime.sweep_assets())
    switched(True)
    server.run(server.runtime.sweep_assets())
    assert talk.expect(TellAssets).wanted
    switched(False)
    server.run(server.runtime.sweep_assets())
    assert not talk.expect(TellAssets).wanted


def test_a_device_that_was_deleted_is_cut_off(server: Server, device: SimDevice) -> None:
    talk = server.log_in(device)
    talk.expect(TellAssets)
    device.row.delete()
    talk.send(plugged())
    talk.closed(Close.REFUSED)


@pytest.mark.parametrize(
    "body",
    [
        {"journal": "", "sequence": 1},
        {"journal": "j", "sequence": -1},
        {"journal": "j", "sequence": 1, "events": [{"sequence": 1, "kind": "add", "time": "now", "asset": {}}]},
        {"journal": "j", "sequence": 1, "present": [{"bus": "usb", "name": "x" * 300}]},
        {"journal": "j", "sequence": 1, "present": [{"bus": "usb", "name": "x\0"}]},
        {"journal": "j", "sequence": 1, "present": [{"bus": "usb"}] * 301},
        {"journal": "j", "sequence": 1, "present": [{"bus": "usb", "details": {"a": {"b": "c"}}}]},
    ],
)
def test_no_such_message_ends_the_connection(server: Server, device: SimDevice, body: dict[str, object]) -> None:
    talk = server.talk()
    talk.send(device.hello(talk.expect(Welcome)))
    talk.expect(Ready)
    talk.expect(TellAssets)
    talk.send(Heartbeat())
    talk.send(msgspec.msgpack.encode({"type": "asset_events", **body}))
    talk.closed(Close.BAD_MESSAGE)
    assert not Asset.objects.exists()


def test_servers_that_hear_of_the_same_things_at_once(shared_database: None) -> None:
    """Four servers, each told by devices of its own, of the same sticks in different orders."""
    devices = DeviceFactory.create_batch(12)
    sticks = [Peripheral("usb", "1-2", "0781", "5581", serial=f"{number:04}x") for number in range(10)]
    start = Barrier(4)

    def server(number: int) -> None:
        start.wait(10)
        try:
            for turn in range(2):
                order = Random(number * 10 + turn).sample(sticks, len(sticks))
                for kind, base in (("add", 0), ("remove", 10)):
                    reports = []
                    for device in devices[number::4]:
                        first = turn * 20 + base + 1
                        events = [AssetChange(first + at, kind, 1.7e9, one) for at, one in enumerate(order)]
                        reports.append(AssetReport(device.pk, AssetEvents("j", first + 9, events)))
                    assert all(assets_report(reports=reports))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(server, range(4)))
    assert Asset.objects.count() == 10
    assert AssetEvent.objects.count() == 12 * 2 * 20
    assert not Stay.objects.filter(until=None).exists()
    assert not Asset.objects.exclude(places=0).exists()
