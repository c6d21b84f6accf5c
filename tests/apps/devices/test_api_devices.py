"""`/api/v1/devices/`."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.apps.asking import Api, each, expected
from tests.cast import Cast
from tests.factories import DeviceFactory
from ums.audit.models import Event
from ums.devices.models import Device, DirectoryKind, NetworkAdapter, Presence, SettingsState


@pytest.fixture
def url(cast: Cast) -> str:
    return f"devices/{cast.things['device'].pk}/"


def test_each_sees_what_they_may_read(cast: Cast) -> None:
    assert Api(cast, "root").names("devices/") == ["Another's device", "Own device"]
    assert Api(cast, "admin").names("devices/") == ["Own device"]
    assert Api(cast, "reader").names("devices/") == ["Own device"]
    assert Api(cast, "stranger").names("devices/") == []
    assert Api(cast, "anonymous").get("devices/").status == 401


def test_one_device_and_another_ones(cast: Cast, url: str) -> None:
    assert each(cast, "GET", url) == expected("200 200 200 404 401")
    assert each(cast, "GET", f"devices/{cast.things['elsewhere'].pk}/") == expected("200 404 404 404 401")
    body = Api(cast, "reader").get(url).body
    assert body["directory"] == {"id": cast.own[DirectoryKind.DEVICE].pk, "name": "Own"}
    assert body["status"] == "never"
    assert body["pending"] is True


def test_custom_properties_are_changed_by_who_may_write(cast: Cast, url: str) -> None:
    assert each(cast, "PATCH", url, {"site": "Bremen"}) == expected("200 200 403 404 401")
    status, body = Api(cast, "admin").patch(url, {"site": "Bremen", "in_service_date": "2026-01-31"})
    assert (status, body["site"], body["in_service_date"]) == (200, "Bremen", "2026-01-31")
    event = Event.objects.latest("id")
    assert (event.action, event.after) == ("device.updated", {"site": "Bremen", "in_service_date": "2026-01-31"})
    assert event.request_id


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"unit_id": "x"}, "unit_id"),
        ({"name": ""}, "name"),
        ({"in_service_date": "tomorrow"}, "in_service_date"),
        ({"site": "x\x00"}, "site"),
        ({"comment": "x" * 4001}, "comment"),
    ],
)
def test_what_cannot_be_changed_is_refused_by_name(cast: Cast, url: str, body: dict[str, str], field: str) -> None:
    status, problem = Api(cast, "admin").patch(url, body)
    assert (status, problem["code"]) == (400, "invalid")
    assert list(problem["fields"]) == [field]


def test_delete(cast: Cast, url: str) -> None:
    assert each(cast, "DELETE", url) == expected("204 204 403 404 401")


def test_move_many(cast: Cast) -> None:
    below, device = cast.things["directory"], cast.things["device"]
    body = {"devices": [device.pk], "directory": below.pk, "when": "next_boot"}
    assert each(cast, "POST", "devices/move/", body) == expected("200 200 403 404 401")
    assert Api(cast, "admin").post("devices/move/", body) == (200, {"moved": [device.pk]})
    assert Api(cast, "admin").post("devices/move/", body) == (200, {"moved": []})


def test_a_move_with_anothers_device_moves_none(cast: Cast) -> None:
    ids = [cast.things["device"].pk, cast.things["elsewhere"].pk]
    body = {"devices": ids, "directory": cast.things["directory"].pk}
    status, problem = Api(cast, "admin").post("devices/move/", body)
    assert status == 404
    assert str(ids[1]) in problem["detail"]
    assert Device.objects.get(pk=ids[0]).directory == cast.own[DirectoryKind.DEVICE]


def test_allow_reenrolment(cast: Cast, url: str) -> None:
    assert each(cast, "POST", f"{url}allow-reenrolment/") == expected("200 200 403 404 401")


@pytest.fixture
def three(cast: Cast) -> list[Device]:
    """Bremen online, Bremen-Nord offline for ten days, one never seen."""
    own, now = cast.own[DirectoryKind.DEVICE], timezone.now()
    devices = [
        DeviceFactory(directory=own, name="A", site="Bremen", product="UD3", ip_address="10.0.0.1"),
        DeviceFactory(directory=cast.things["directory"], name="B", site="Bremen-Nord", product="UD7"),
        DeviceFactory(directory=cast.other[DirectoryKind.DEVICE], name="C"),
    ]
    Presence.objects.filter(device=devices[0]).update(connected=True, last_contact=now)
    Presence.objects.filter(device=devices[1]).update(connected=False, last_contact=now - timedelta(days=10))
    SettingsState.objects.filter(device=devices[0]).update(pending=False)
    NetworkAdapter.objects.create(device=devices[1], name="eth0", mac="00:e0:c5:aa:bb:cc", addresses=[])
    Device.objects.exclude(pk__in=[device.pk for device in devices]).delete()
    return devices


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "online"}, "A"),
        ({"status": ["offline", "never"]}, "BC"),
        ({"pending": "false"}, "A"),
        ({"product": "ud7"}, "B"),
        ({"site": "bremen"}, "A"),
        ({"q": "AA:BB"}, "B"),
        ({"q": "10.0"}, "A"),
        ({"last_contact_before": "2030-01-01T00:00:00Z"}, "AB"),
        ({"last_contact_after": "2030-01-01T00:00:00Z"}, ""),
        ({"filter": "site:bremen*"}, "AB"),
        ({"filter": "status:offline status:never"}, "BC"),
        ({"filter": "-status:online"}, "BC"),
        ({"filter": "-site:Bremen*"}, "C"),
        ({"filter": "last-contact:>7d"}, "B"),
        ({"filter": "last-contact:<1h"}, "A"),
        ({"filter": "last-contact:never"}, "C"),
        ({"filter": 'site:""'}, "C"),
        ({"filter": "pending:no"}, "A"),
        ({"filter": "mac:*aa:bb*"}, "B"),
        ({"filter": "directory:Own"}, "AB"),
        ({"filter": 'directory:"Below own"'}, "B"),
        ({"filter": "site:*%*"}, ""),
        ({"filter": "site:*_*"}, ""),
        ({"filter": "00:e0:c5:aa:bb:cc"}, "B"),
    ],
)
def test_filter_finds(cast: Cast, three: list[Device], query: dict[str, str], found: str) -> None:
    assert "".join(Api(cast, "root").names("devices/", **query)) == found


def test_directory_means_its_subtree(cast: Cast, three: list[Device]) -> None:
    root = Api(cast, "root")
    assert root.names("devices/", directory=cast.own[DirectoryKind.DEVICE].pk) == ["A", "B"]
    assert root.names("devices/", directory=cast.things["directory"].pk) == ["B"]
    assert root.names("devices/", filter=f"directory:{cast.things['directory'].pk}") == ["B"]


@pytest.mark.parametrize(
    "query",
    [
        {"fitler": "x"},
        {"status": "sleeping"},
        {"pending": "perhaps"},
        {"directory": "x"},
        {"filter": "colour:red"},
        {"q": "\x00"},
    ],
)
def test_a_wrong_filter_is_refused_and_named(cast: Cast, query: dict[str, str]) -> None:
    status, problem = Api(cast, "root").get("devices/", **query)
    assert (status, problem["code"], list(problem["fields"])) == (400, "filter_invalid", list(query))


@pytest.mark.parametrize(("ordering", "names"), [("last_contact", "BAC"), ("-last_contact", "ABC"), ("-name", "CBA")])
def test_order_puts_empty_values_last(cast: Cast, three: list[Device], ordering: str, names: str) -> None:
    assert "".join(Api(cast, "root").names("devices/", ordering=ordering)) == names
    pages, after = [], ""
    for _ in range(3):
        _, body = Api(cast, "root").get("devices/", ordering=ordering, limit=1, after=after)
        pages.append(body["items"][0]["name"])
        after = body["next"]
    assert "".join(pages) == names
    assert after is None
