"""Commands: who gets them, what clients read of it, and Wake on LAN."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from tests.apps.imi.client import Imi
from tests.cast import Cast
from tests.factories import CatalogueFactory, DeviceFactory, UserFactory
from tests.factories.devices import root
from ums.audit.models import Event
from ums.devices.models import Device, Presence
from ums.domain.wake import magic_packet
from ums.jobs import waking
from ums.jobs.models import Command

KINDS = {"reboot": "reboot", "shutdown": "shutdown", "settings2tc": "settings", "tcreset2facdefs": "factory_reset"}


@pytest.fixture
def away(cast: Cast) -> Device:
    """A device that is not connected, beside the one that is."""
    Presence.objects.filter(device=cast.things["device"]).update(connected=True, last_contact=timezone.now())
    return DeviceFactory(directory=cast.own["device"], ip_address="10.1.2.3")  # type: ignore[no-any-return]


@pytest.mark.parametrize("command", KINDS)
def test_commands_go_to_those_that_are_connected(cast: Cast, away: Device, command: str) -> None:
    Command.objects.all().delete()
    device = cast.things["device"]
    body = [{"id": str(device.pk), "type": "tc"}, {"id": away.pk, "type": "tc"}, {"id": device.pk, "type": "tc"}]
    for path in (f"thinclients?command={command}", f"thinclients/?command={command}"):
        status, answer = Imi(cast.admin).post(path, body)
        assert status == 200
        first, second = answer["CommandExecList"]
        assert (first["id"], first["message"], first["state"]) == (str(device.pk), "OK", "SUCCESS")
        assert (second["id"], second["message"], second["state"]) == (
            str(away.pk),
            "The device is not connected",
            "FAILED",
        )
        assert first["exectime"].isdigit() and first["execID"].startswith("ID-")
        assert ("mac" in first) is (command != "tcreset2facdefs")
    assert set(Command.objects.values_list("device", "kind")) == {(device.pk, KINDS[command])}
    assert Event.objects.filter(action="command.given", actor_name="admin").count() == 2


@pytest.mark.parametrize(
    ("query", "body", "status", "code"),
    [
        ("?command=explode", [{"id": 1, "type": "tc"}], 400, "0A003"),
        ("", [{"id": 1, "type": "tc"}], 400, "0A003"),
        ("?command=reboot", [], 400, "0A012"),
        ("?command=reboot", {}, 415, "0A004"),
        ("?command=reboot", [1], 415, "0A004"),
        ("?command=reboot", [{"id": "one", "type": "tc"}], 400, "0A010"),
        ("?command=reboot", [{"type": "tc"}], 400, "0A010"),
        ("?command=reboot", [{"id": True, "type": "tc"}], 400, "0A010"),
        ("?command=reboot", [{"id": 2**65, "type": "tc"}], 400, "0A001"),
        ("?command=reboot", [{"id": -1, "type": "tc"}], 400, "0A001"),
        ("?command=reboot", [{"id": 1, "type": "profile"}], 415, "0A004"),
    ],
)
def test_commands_that_are_none(cast: Cast, query: str, body: Any, status: int, code: str) -> None:
    answer = Imi(cast.admin).post(f"thinclients{query}", body)
    assert (answer.status, answer.code) == (status, f"ITG-{code}"), answer


def test_one_that_is_missing_stops_all(cast: Cast, away: Device) -> None:
    before = Command.objects.count()
    body = [{"id": cast.things["device"].pk, "type": "tc"}, {"id": 999_999_999, "type": "tc"}]
    assert Imi(cast.admin).post("thinclients?command=reboot", body).code == "ITG-0A001"
    assert Command.objects.count() == before


def test_wake_on_lan_sends_packets(
    cast: Cast, away: Device, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[tuple[str, str]] = []
    monkeypatch.setattr("ums.jobs.services.wake", sent.extend)
    nameless = DeviceFactory(directory=cast.own["device"], unit_id="vm-1")
    body = [{"id": away.pk, "type": "tc"}, {"id": nameless.pk, "type": "tc"}]
    with django_capture_on_commit_callbacks(execute=True):
        status, answer = Imi(cast.admin).post("thinclients?command=wakeup", body)
    states = [(one["state"], one["message"]) for one in answer["CommandExecList"]]
    assert status == 200 and states == [("SUCCESS", "OK"), ("FAILED", "Found no MAC address for device")]
    mac = away.unit_id.upper()
    assert sent == [(mac, "255.255.255.255"), (mac, "10.1.2.255")]
    assert Event.objects.get(action="command.given", actor_name="admin").after["command"] == "wakeup"
    assert Imi(cast.reader).post("thinclients?command=wakeup", body).code == "ITG-0B005"


@pytest.mark.django_db(transaction=True)
def test_of_several_that_create_a_device_at_once_one_does() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's test database is in memory, where threads cannot wait for each other")
    user, firmware = UserFactory(is_superuser=True), CatalogueFactory()
    root()
    barrier = Barrier(4)

    def create(client: Imi) -> tuple[int, str]:
        try:
            barrier.wait(30)
            answer = client.put("thinclients", {"mac": "00e0c5aabbcc", "firmwareID": firmware.pk})
            return answer.status, answer.code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = [one.result(60) for one in [pool.submit(create, Imi(user)) for _ in range(4)]]
    assert sorted(answers) == [(200, ""), *[(400, "ITG-0A008")] * 3]
    assert Device.objects.count() == 1


def test_the_packet_goes_out() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        waking.wake([("00E0C5000001", "127.0.0.1")], receiver.getsockname()[1])
        assert receiver.recv(200) == magic_packet("00:e0:c5:00:00:01")
