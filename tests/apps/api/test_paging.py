"""Keyset paging: stable under inserts, one query however deep, cursors that cannot be misused."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.apps.asking import Api
from tests.cast import Cast
from tests.factories import (
    AssignmentFactory,
    CommandFactory,
    DeviceFactory,
    DirectoryFactory,
    EnrolmentKeyFactory,
    ProfileFactory,
    RevisionFactory,
)
from ums.core.paging import MAX_LIMIT, Order, keyset_page
from ums.devices.models import Device, DirectoryKind


def pages(api: Api, path: str, **query: Any) -> list[dict[str, Any]]:
    items, after = [], ""
    for _ in range(100):
        _, body = api.get(path, **query, after=after)
        items += body["items"]
        if body["next"] is None:
            return items
        after = body["next"]
    raise AssertionError("paging does not end")


@pytest.mark.parametrize("ordering", ["name", "-name", "site", "-site", "last_contact", "-last_contact", "-id"])
def test_pages_hold_each_row_once_and_in_order(cast: Cast, ordering: str) -> None:
    for number in range(23):
        DeviceFactory(site=f"Site {number % 3}", name=f"Same {number % 5}")
    root = Api(cast, "root")
    whole = root.get("devices/", ordering=ordering, limit=500).body["items"]
    assert len(whole) == 25
    assert pages(root, "devices/", ordering=ordering, limit=4) == whole


def test_rows_that_come_and_go_neither_skip_nor_repeat_others(cast: Cast) -> None:
    first = [DeviceFactory(name=f"D{number:02}") for number in range(10)]
    root = Api(cast, "root")
    _, page = root.get("devices/", limit=5, q="D0")
    DeviceFactory(name="D00 before the cursor")
    first[4].delete()
    DeviceFactory(name="D055 behind the cursor")
    _, rest = root.get("devices/", limit=50, q="D0", after=page["next"])
    assert [item["name"] for item in page["items"]] == ["D00", "D01", "D02", "D03", "D04"]
    assert [item["name"] for item in rest["items"]] == ["D05", "D055 behind the cursor", "D06", "D07", "D08", "D09"]


def test_the_last_page_says_so(cast: Cast) -> None:
    root = Api(cast, "root")
    assert root.get("devices/", limit=2).body["next"] is None
    assert root.get("devices/", limit=1).body["next"]


def test_counts_only_on_request(cast: Cast) -> None:
    root = Api(cast, "root")
    assert "count" not in root.get("devices/", limit=1).body
    assert root.get("devices/", limit=1, count="true").body["count"] == 2
    assert Api(cast, "admin").get("devices/", count="true").body["count"] == 1


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": MAX_LIMIT + 1},
        {"limit": "ten"},
        {"limit": "²"},
        {"limit": "9" * 400},
        {"ordering": "password"},
        {"ordering": "--name"},
        {"count": "perhaps"},
        {"after": "nonsense"},
        {"after": "x" * 5000},
        {"after": "bnVsbA"},
    ],
)
def test_wrong_parameters_are_refused(cast: Cast, query: dict[str, Any]) -> None:
    status, problem = Api(cast, "root").get("devices/", **query)
    assert status == 400
    assert list(problem["fields"]) == list(query)


def test_a_cursor_belongs_to_its_order(cast: Cast) -> None:
    root = Api(cast, "root")
    cursor = root.get("devices/", limit=1, ordering="name").body["next"]
    assert root.get("devices/", after=cursor, ordering="-name").body["code"] == "invalid_cursor"
    assert root.get("devices/", after=cursor, ordering="id").body["code"] == "invalid_cursor"


@pytest.mark.parametrize(
    "value",
    ['["name", {}, 1]', '["name", "\\u0000", 1]', '["name", "a", 99999999999999999999]', '["name", "a", "b"]', "[]"],
)
def test_a_forged_cursor_is_refused(cast: Cast, value: str) -> None:
    forged = urlsafe_b64encode(value.encode()).decode().rstrip("=")
    assert Api(cast, "root").get("devices/", after=forged).status in (200, 400)


@pytest.mark.parametrize("moment", ["2000-01-01T00:00:00+16:00", "0001-01-01T00:00:00+16:00", "2000-01-01T00:00:00"])
def test_moments_beyond_the_zones_of_databases(cast: Cast, moment: str) -> None:
    root = Api(cast, "root")
    forged = urlsafe_b64encode(f'["last_contact", "{moment}", 1]'.encode()).decode().rstrip("=")
    assert root.get("devices/", after=forged, ordering="last_contact").status in (200, 400)
    for path, name in (("devices/", "last_contact_after"), ("commands/", "created_before"), ("audit/", "since")):
        assert root.get(path, **{name: moment}).status == (400 if moment < "1" else 200)


def test_one_query_a_page(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as queries:
        keyset_page(Device.objects.all(), order=Order("name", "name"), limit=1)
    assert len(queries) == 1


LISTS = ["devices", "directories", "profiles", "assignments", "catalogues", "commands", "batches", "enrolment-keys",
         "audit", "revisions"]  # fmt: skip


@pytest.mark.parametrize("resource", LISTS)
@pytest.mark.parametrize("role", ["root", "admin"])
def test_queries_do_not_grow_with_rows(cast: Cast, resource: str, role: str) -> None:
    path = f"profiles/{cast.things['profile'].pk}/revisions/" if resource == "revisions" else f"{resource}/"
    api, counts = Api(cast, role), []
    for more in (False, True):
        if more:
            grow(cast)
        api.get(path)
        with CaptureQueriesContext(connection) as queries:
            status = api.get(path, limit=200, count="true").status
        assert status in (200, 403)
        counts.append(len(queries))
    assert counts[0] == counts[1], "\n".join(query["sql"] for query in queries)
    assert counts[1] <= 8


def grow(cast: Cast) -> None:
    device, profile = cast.things["device"], cast.things["profile"]
    devices = DeviceFactory.create_batch(50, directory=cast.own[DirectoryKind.DEVICE])
    DirectoryFactory.create_batch(50, parent=cast.own[DirectoryKind.DEVICE])
    for number, another in enumerate(ProfileFactory.create_batch(50, directory=cast.own[DirectoryKind.PROFILE])):
        AssignmentFactory(profile=another, device=devices[number])
        CommandFactory(batch=cast.things["batch"], device=device)
        RevisionFactory(profile=profile)
    EnrolmentKeyFactory.create_batch(50, directory=cast.own[DirectoryKind.DEVICE])
