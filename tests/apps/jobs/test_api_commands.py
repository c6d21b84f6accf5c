"""`/api/v1/commands/` and `/api/v1/batches/`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apps.asking import Api, each, expected
from tests.cast import Cast
from tests.factories import DeviceFactory
from ums.devices.models import DirectoryKind
from ums.jobs.models import Batch, Command


def test_each_sees_the_commands_of_their_devices(cast: Cast) -> None:
    url = f"commands/{cast.things['command'].pk}/"
    assert each(cast, "GET", url) == expected("200 200 200 404 401")
    assert len(Api(cast, "reader").get("commands/", device=cast.things["device"].pk).body["items"]) == 1
    assert Api(cast, "reader").get("commands/", state=["sent", "failed"]).body["items"] == []


def test_batches_are_ones_own(cast: Cast) -> None:
    url = f"batches/{cast.things['batch'].pk}/"
    assert each(cast, "GET", url) == expected("404 200 404 404 401")
    assert each(cast, "POST", f"{url}cancel/") == expected("404 200 404 404 401")
    assert Api(cast, "admin").post(f"{url}cancel/").body == {"cancelled": 1}
    assert Api(cast, "admin").post(f"{url}cancel/").body == {"cancelled": 0}
    assert Api(cast, "admin").get(url).body["failed"] == 1


def test_give_to_ids(cast: Cast) -> None:
    body: dict[str, Any] = {"kind": "reboot", "devices": [cast.things["device"].pk]}
    assert each(cast, "POST", "commands/", body) == expected("201 201 403 404 401")
    status, batch = Api(cast, "admin").post("commands/", body)
    assert (status, batch["total"], batch["open"], batch["target"]) == (201, 1, 1, "Own device")
    assert each(cast, "POST", "commands/", {**body, "devices": [cast.things["elsewhere"].pk]}) == expected(
        "201 404 404 404 401"
    )


def test_give_to_exactly_what_a_filter_finds(cast: Cast) -> None:
    own = cast.own[DirectoryKind.DEVICE]
    wanted = {device.pk for device in DeviceFactory.create_batch(3, directory=own, site="Bremen")}
    DeviceFactory(directory=own, site="Berlin")
    DeviceFactory(directory=cast.other[DirectoryKind.DEVICE], site="Bremen")
    body = {"kind": "settings", "filter": {"site": "bremen", "directory": own.pk, "pending": True}, "expect": 3}
    status, batch = Api(cast, "admin").post("commands/", body)
    assert (status, batch["total"]) == (201, 3)
    assert set(Command.objects.filter(batch=batch["id"]).values_list("device_id", flat=True)) == wanted


@pytest.mark.parametrize(("expect", "status"), [(2, 409), (4, 409), (3, 201)])
def test_a_filter_that_finds_another_number_does_nothing(cast: Cast, expect: int, status: int) -> None:
    DeviceFactory.create_batch(3, directory=cast.own[DirectoryKind.DEVICE], site="Bremen")
    before = Batch.objects.count()
    body = {"kind": "reboot", "filter": {"filter": "site:Bremen"}, "expect": expect}
    answer = Api(cast, "admin").post("commands/", body)
    assert answer.status == status
    assert Batch.objects.count() - before == (status == 201)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "reboot"}, "general"),
        ({"kind": "explode", "devices": [1]}, "kind"),
        ({"kind": "reboot", "devices": [1], "filter": {}}, "general"),
        ({"kind": "reboot", "filter": {}}, "expect"),
        ({"kind": "reboot", "filter": {"fitler": "x"}, "expect": 1}, "fitler"),
        ({"kind": "reboot", "filter": {"status": {}}, "expect": 1}, "status"),
        ({"kind": "reboot", "filter": {"limit": 1}, "expect": 1}, "limit"),
        ({"kind": "reboot", "devices": []}, "devices"),
    ],
)
def test_a_wrong_order_is_refused_by_name(cast: Cast, body: dict[str, Any], field: str) -> None:
    status, problem = Api(cast, "root").post("commands/", body)
    assert (status, list(problem["fields"])) == (400, [field])


def test_a_message_needs_its_text(cast: Cast) -> None:
    body: dict[str, Any] = {"kind": "message", "devices": [cast.things["device"].pk]}
    assert Api(cast, "admin").post("commands/", body).status == 400
    assert Api(cast, "admin").post("commands/", {**body, "arguments": {"text": "Hello"}}).status == 201
