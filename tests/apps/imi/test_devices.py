"""Devices: their fields and facets, who sees which, creating, changing, deleting."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.apps.imi.client import Imi
from tests.cast import Cast
from tests.factories import DeviceFactory
from tests.factories.assets import AssetFactory
from tests.factories.swp import LoginFactory
from ums.audit.models import Event
from ums.connector.models import Certificate
from ums.devices.models import Device, NetworkAdapter, Presence, SavedView
from ums.domain.peripherals import Bus
from ums.domain.protocol import LoginOutcome
from ums.imi import merging

FACETS = ("details", "online", "shadow", "networkadapters", "deviceattributes", "loginhistory")
ALWAYS = {
    "unitID",
    "mac",
    "firmwareID",
    "lastIP",
    "batteryLevel",
    "id",
    "name",
    "parentID",
    "movedToBin",
    "objectType",
    "links",
}
NUMBERS = {"cpuSpeed", "flashSize", "memorySize", "networkSpeed", "monitorSize1", "monitorSize2"}
NEW = {
    "mac": "00e0c5aabbcc",
    "firmwareID": "",
    "name": "",
    "parentID": "",
    "site": "",
    "department": "",
    "costCenter": "",
    "lastIP": "",
    "comment": "",
    "assetID": "",
    "inserviceDate": "",
    "serialNumber": "",
}
"""As a client in use sends it: all keys, those without a value empty."""


@pytest.fixture
def imi(cast: Cast) -> Imi:
    """Logged in as the superuser."""
    return Imi(cast.root)


@pytest.fixture
def device(cast: Cast) -> Device:
    """The device that admin and reader may see."""
    found: Device = cast.things["device"]
    return found


def connected(device: Device) -> None:
    """It has just said something."""
    Presence.objects.filter(device=device).update(connected=True, last_contact=timezone.now())


def new(cast: Cast, **given: Any) -> dict[str, Any]:
    """A body that creates a device."""
    return {**NEW, "firmwareID": str(cast.things["catalogue"].pk), **given}


@pytest.mark.parametrize("query", ["", "?facets=short", "?facets=nonsense", "?facets="])
def test_a_device_has_the_fields_that_clients_read(cast: Cast, imi: Imi, query: str) -> None:
    status, body = imi.get(f"thinclients{query}")
    assert status == 200 and isinstance(body, list)
    own = next(one for one in body if one["name"] == "Own device")
    assert own.keys() == ALWAYS
    assert own["objectType"] == "tc" and own["movedToBin"] is False and own["links"] == []
    assert own["parentID"] == str(cast.own["device"].pk) and own["firmwareID"].isdigit()
    assert own["mac"] == own["unitID"].upper()


def test_a_device_of_the_root_has_the_parent_that_clients_walk_to(imi: Imi) -> None:
    device = DeviceFactory(unit_id="vm-17")
    NetworkAdapter.objects.create(device=device, name="eth1", mac="00:e0:c5:00:00:02")
    NetworkAdapter.objects.create(device=device, name="eth0", mac="")
    status, body = imi.get(f"thinclients/{device.pk}")
    assert status == 200 and body["parentID"] == "-1" and body["mac"] == "00E0C5000002" and body["lastUser"] == ""


def test_a_device_that_never_came_has_every_detail_empty(cast: Cast, imi: Imi) -> None:
    created = imi.put("thinclients", new(cast)).body
    body = imi.get(f"thinclients/{created['id']}?facets=details").body
    assert all(body[name] == 0 for name in NUMBERS)
    assert body["batteryLevel"] == -1 and body["totalUsagetime"] == body["totalUptime"] == "-1"
    assert body["isThinClientRegistered"] is False and body["configChanges"] == "PENDING"
    rest = {k: v for k, v in body.items() if k not in ALWAYS | NUMBERS and isinstance(v, str) and v not in ("-1", "")}
    assert rest.keys() == {"configChanges", "registrationDate"}
    assert datetime.strptime(body["registrationDate"], "%d.%m.%Y %H:%M:%S")  # noqa: DTZ007


def test_details_of_a_device_that_came(device: Device, imi: Imi) -> None:
    Device.objects.filter(pk=device.pk).update(
        vendor="Example",
        product="Thin 3",
        os_name="UMS Linux",
        os_version="12",
        kernel="6.1.0",
        memory_mb=4096,
        bios="American Megatrends Inc. 5.19 12/16/2015",
        in_service_date=date(2015, 6, 1),
        last_user="alice",
    )
    connected(device)
    later = timezone.now() + timedelta(days=1)
    Certificate.objects.create(device=device, fingerprint="f" * 64, not_after=later)
    body = imi.get(f"thinclients/{device.pk}?facets=details").body
    assert body["deviceType"] == "Example Thin 3" and body["osType"] == "UMS Linux 12 (Kernel Version 6.1.0)"
    assert body["memorySize"] == 4096 and body["inserviceDate"] == "01.06.2015" and body["lastUser"] == "alice"
    assert (body["biosVendor"], body["biosVersion"], body["biosDate"]) == (
        "American Megatrends Inc.",
        "5.19",
        "12/16/2015",
    )
    assert body["isThinClientRegistered"] is True
    assert datetime.strptime(body["lastContact"], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007
    Certificate.objects.update(revoked_at=timezone.now())
    assert imi.get("thinclients?facets=details").body[0]["isThinClientRegistered"] is False


def test_details_tell_of_two_monitors(device: Device, imi: Imi) -> None:
    told = {"resolution": "1920×1200", "diagonal": "24.1″", "made": "2011, week 51"}
    for port, details in (("card0-DP-1", told), ("card0-DP-2", {"made": "2012"}), ("card0-DP-3", {})):
        AssetFactory(device=device, bus=Bus.MONITOR.value, vendor="Eizo", name="EV2436", port=port, details=details)
    AssetFactory(device=device)
    body = imi.get(f"thinclients/{device.pk}?facets=details").body
    assert (body["monitorVendor1"], body["monitorModel1"], body["monitorSize1"]) == ("Eizo", "EV2436", 24.1)
    assert body["monitorNativeResolution1"] == "1920 x 1200" and body["monitorSerialnumber1"].startswith("SN")
    assert (body["monitor1YearOfManufacture"], body["monitor1WeekOfManufacture"]) == ("2011", "51")
    assert (body["monitor2YearOfManufacture"], body["monitor2WeekOfManufacture"]) == ("2012", "")
    assert body["monitorSize2"] == 0 and "monitorVendor3" not in body


def test_online_is_what_the_server_knows(device: Device, imi: Imi) -> None:
    address = f"thinclients/{device.pk}?facets=online"
    assert imi.get(address).body["online"] is False
    connected(device)
    assert imi.get(address).body["online"] is True
    Presence.objects.update(last_contact=timezone.now() - timedelta(minutes=10))
    assert imi.get(address).body["online"] is False


def test_the_other_facets(device: Device, imi: Imi) -> None:
    NetworkAdapter.objects.create(device=device, name="wlan0", mac="00:e0:c5:00:00:02", addresses=["10.0.0.2"])
    assert imi.get(f"thinclients/{device.pk}?facets=shadow").body["shadowSecret"] == {"certificate": "", "password": ""}
    body = imi.get(f"thinclients/{device.pk}?facets=networkadapters").body
    assert body["networkAdapters"] == [{"type": "wlan", "mac": "00E0C5000002", "name": "wlan0", "state": "up"}]
    assert body["deviceAttributes"] == [] and "batteryLevel" not in body
    assert imi.get(f"thinclients/{device.pk}?facets=deviceattributes").body["deviceAttributes"] == []


def test_login_history(cast: Cast, device: Device, imi: Imi) -> None:
    moment = datetime(2024, 12, 30, 12, 6, 21, 15_000, tzinfo=UTC)
    LoginFactory(device=device, login_at=moment, logoff_at=moment + timedelta(hours=1), user_name="alice")
    LoginFactory(device=device, outcome=LoginOutcome.INVALID_PASSWORD.value, user_name="bob")
    LoginFactory(device=cast.things["elsewhere"], user_name="carol")
    history = imi.get(f"thinclients/{device.pk}?facets=loginhistory").body["userLoginHistory"]
    first, second = history[0], history[-1]
    assert first["username"] == "bob" and first["loginresult"] == 3 and first["logofftime"] == ""
    assert second == {
        "username": "alice",
        "loginresult": 0,
        "logintime": "2024-12-30 12:06:21.015",
        "logofftime": "2024-12-30 13:06:21.015",
        "logontype": "swp",
    }
    listed = {one["id"]: one["userLoginHistory"] for one in imi.get("thinclients?facets=loginhistory").body}
    assert [one["username"] for one in listed[str(cast.things["elsewhere"].pk)]] == ["carol"]


@pytest.mark.parametrize("facet", ["", *FACETS])
def test_a_list_takes_the_same_queries_however_long_it_is(cast: Cast, imi: Imi, facet: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(merging, "AT_ONCE", 5)
    counts = []
    for more in (0, 12):
        for device in DeviceFactory.create_batch(more):
            NetworkAdapter.objects.create(device=device, name="eth0", mac="00:e0:c5:00:00:02")
            LoginFactory(device=device)
        with CaptureQueriesContext(connection) as queries:
            status, body = imi.get(f"thinclients?facets={facet}")
        assert status == 200 and len(body) == Device.objects.count()
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10


def test_each_sees_what_the_console_shows(cast: Cast, device: Device) -> None:
    elsewhere = cast.things["elsewhere"]
    for user, seen in ((cast.admin, True), (cast.reader, True), (cast.stranger, False)):
        imi = Imi(user)
        names = {one["name"] for one in imi.get("thinclients?facets=details").body}
        assert ("Own device" in names) is seen and "Another's device" not in names
        assert imi.get(f"thinclients/{elsewhere.pk}").code == "ITG-0A001"
        assert imi.put(f"thinclients/{elsewhere.pk}", {"site": "x"}).code == "ITG-0A001"
        assert imi.delete(f"thinclients/{elsewhere.pk}").code == "ITG-0A001"
        assert imi.delete(f"thinclients/{elsewhere.pk}/deletetcoffline").code == "ITG-0A001"
        assert imi.post("thinclients?command=reboot", [{"id": elsewhere.pk, "type": "tc"}]).code == "ITG-0A001"
    reader = Imi(cast.reader)
    assert reader.put(f"thinclients/{device.pk}", {"site": "x"}).code == "ITG-0B005"
    assert reader.delete(f"thinclients/{device.pk}").code == "ITG-0B005"
    assert reader.delete(f"thinclients/{device.pk}/deletetcoffline").code == "ITG-0B005"
    assert reader.post("thinclients?command=reboot", [{"id": device.pk, "type": "tc"}]).code == "ITG-0B005"
    assert reader.put("thinclients", new(cast, parentID=cast.own["device"].pk)).code == "ITG-0B005"
    assert Imi(cast.admin).put("thinclients", new(cast)).code == "ITG-0A016"
    assert Device.objects.filter(pk__in=[device.pk, elsewhere.pk], site="").count() == 2


def test_the_devices_of_a_saved_view(cast: Cast, device: Device) -> None:
    view = cast.things["saved_view"]
    for facets in ("", "?facets=details", "?facets=online", "?facets=networkadapters"):
        assert [one["id"] for one in Imi(cast.admin).get(f"thinclientview/{view.pk}{facets}").body] == []
    Presence.objects.filter(device=device).update(connected=False, last_contact=timezone.now())
    assert [one["id"] for one in Imi(cast.reader).get(f"thinclientview/{view.pk}").body] == [str(device.pk)]
    assert Imi(cast.stranger).get(f"thinclientview/{view.pk}") == (200, [])
    assert Imi(cast.admin).get("thinclientview/99999").code == "ITG-0A001"
    SavedView.objects.update(directory=cast.other["device"])
    assert Imi(cast.reader).get(f"thinclientview/{view.pk}").code == "ITG-0A001"
    SavedView.objects.update(directory=cast.own["device"], shared=False)
    assert Imi(cast.reader).get(f"thinclientview/{view.pk}").code == "ITG-0A001"
    assert [one["id"] for one in Imi(cast.admin).get(f"thinclientview/{view.pk}").body] == [str(device.pk)]


def test_create_as_clients_do(cast: Cast) -> None:
    imi = Imi(cast.admin)
    own = cast.own["device"].pk
    status, body = imi.put("thinclients/", new(cast, name="TC-NEW", parentID=own, lastIP="10.0.0.9", site="Bremen"))
    assert status == 200
    assert body == {
        "message": "Thin client successfully inserted.",
        "id": body["id"],
        "name": "TC-NEW",
        "parentID": str(own),
    }
    device = Device.objects.get(pk=body["id"])
    assert device.unit_id == "00E0C5AABBCC" and device.site == "Bremen" and device.ip_address == "10.0.0.9"
    assert device.firmware_version == cast.things["catalogue"].version
    shown = imi.get(f"thinclients/{device.pk}").body
    assert shown["mac"] == "00E0C5AABBCC" and shown["firmwareID"] == str(cast.things["catalogue"].pk)
    assert Event.objects.filter(action="device.registered", actor_name="admin", object_id=str(device.pk)).exists()
    again = imi.put("thinclients", new(cast, parentID=own))
    assert (again.status, again.code) == (400, "ITG-0A008")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"mac": ""}, "0A007"),
        ({"mac": None}, "0A007"),
        ({"mac": "00e0c5aabb"}, "0A014"),
        ({"mac": "00e0c5aabbcg"}, "0A014"),
        ({"mac": "００e0c5aabbcc"}, "0A014"),
        ({"firmwareID": ""}, "0A009"),
        ({"firmwareID": 99999}, "0A015"),
        ({"firmwareID": 2**70}, "0A015"),
        ({"firmwareID": "six"}, "0A010"),
        ({"parentID": "99999"}, "0A016"),
        ({"parentID": -2}, "0A016"),
        ({"parentID": 2**63}, "0A016"),
        ({"name": "x" * 300}, "0A024"),
        ({"site": "x" * 300}, "0A013"),
        ({"lastIP": "here"}, "0A013"),
        ({"inserviceDate": "soon"}, "0A013"),
        ({"inserviceDate": "31.02.2015"}, "0A013"),
        ({"deviceAttributes": [{"identifier": "x", "value": "1"}]}, "0A013"),
        ({"deviceAttributes": 7}, "0A013"),
        ({"comment": {}}, "0A004"),
    ],
)
def test_create_with_something_wrong(cast: Cast, imi: Imi, given: dict[str, Any], code: str) -> None:
    count = Device.objects.count()
    answer = imi.put("thinclients", new(cast, **given))
    assert answer.code == f"ITG-{code}", answer
    assert answer.status == (415 if code == "0A004" else 400)
    assert Device.objects.count() == count


def test_change_what_is_given_and_clear_what_is_empty(cast: Cast, device: Device) -> None:
    imi = Imi(cast.admin)
    given = {"site": "Bremen", "costCenter": 4711, "inserviceDate": "01.06.2015", "unknown": [1]}
    assert imi.put(f"/umsapi/v3//thinclients/{device.pk}", given) == (200, {"message": "Update successful"})
    device.refresh_from_db()
    assert (device.site, device.cost_centre, device.in_service_date) == ("Bremen", "4711", date(2015, 6, 1))
    assert imi.put(f"thinclients/{device.pk}", {"site": "", "inserviceDate": ""}).status == 200
    device.refresh_from_db()
    assert (device.site, device.cost_centre, device.in_service_date) == ("", "4711", None)
    assert imi.put(f"thinclients/{device.pk}", {"unknown": 1}).code == "ITG-0A013"
    assert imi.put(f"thinclients/{device.pk}", {}).code == "ITG-0A013"
    assert imi.put(f"thinclients/{device.pk}", {"name": ""}).code == "ITG-0A024"
    assert imi.put(f"thinclients/{device.pk}", {"serialNumber": "x" * 300}).code == "ITG-0A013"


def test_delete_offline_deletes_really(cast: Cast, device: Device) -> None:
    imi = Imi(cast.admin)
    assert imi.delete(f"thinclients/{device.pk}/deletetcoffline") == (200, {"message": "Offline deletion successful"})
    assert not Device.objects.filter(pk=device.pk).exists()
    assert imi.delete(f"thinclients/{device.pk}/deletetcoffline").code == "ITG-0A001"


def test_delete_tells_the_device_first(cast: Cast, device: Device) -> None:
    imi = Imi(cast.admin)
    status, body = imi.delete(f"thinclients/{device.pk}")
    (result,) = body["CommandExecList"]
    assert status == 200 and result["state"] == "FAILED" and result["message"] == "Found no IP address for device"
    assert Device.objects.filter(pk=device.pk).exists()
    connected(device)
    (result,) = imi.delete(f"thinclients/{device.pk}").body["CommandExecList"]
    assert (result["state"], result["message"], result["id"]) == ("SUCCESS", "OK", str(device.pk))
    assert not Device.objects.filter(pk=device.pk).exists()
