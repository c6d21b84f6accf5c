"""Assets in the API: what is told, filters, pages, rules."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.apps.asking import Api
from tests.cast import Cast
from tests.factories.assets import AssetEventFactory, AssetFactory
from ums.assets.models import Asset, AssetCategory
from ums.domain.peripherals import Category

pytestmark = pytest.mark.django_db


def test_what_is_told(cast: Cast) -> None:
    asset, device = cast.things["asset"], cast.things["device"]
    AssetCategory.objects.create(asset=asset, category=Category.HID.value)
    status, told = Api(cast, "reader").get(f"assets/{asset.pk}/")
    assert status == 200
    assert (told["name"], told["bus"], told["category"]) == ("Own mouse", "usb", "mouse")
    assert told["categories"] == ["mouse", "hid"]
    assert told["device"] == {"id": device.pk, "name": device.name}
    assert (told["connected"], told["places"], told["moved_at"]) == (True, 1, None)
    assert told["details"] == {"maxPower": "100mA", "speed": "1.5"}
    event = cast.things["asset_event"]
    _, told = Api(cast, "reader").get(f"asset-events/{event.pk}/")
    assert (told["asset"]["id"], told["kind"], told["unit_id"]) == (asset.pk, "add", device.unit_id)


def test_filters(cast: Cast) -> None:
    Asset.objects.all().delete()
    api, device = Api(cast, "root"), cast.things["device"]
    AssetFactory(name="A", category=Category.STORAGE.value, device=device, vendor_id="0951", serial_number="XX1")
    AssetFactory(name="B", places=0)
    AssetFactory(name="C", places=2, moved_at=timezone.now(), bus="bluetooth")
    for query, wanted in (
        ({}, "ABC"),
        ({"category": "storage"}, "A"),
        ({"category": ["storage", "mouse"]}, "ABC"),
        ({"connected": "false"}, "B"),
        ({"moved": "true"}, "C"),
        ({"duplicate": "false"}, "AB"),
        ({"bus": "bluetooth"}, "C"),
        ({"device": device.pk}, "A"),
        ({"vendor_id": "0951"}, "A"),
        ({"serial_number": "xx1"}, "A"),
        ({"q": "xx1"}, "A"),
        ({"filter": "-category:storage connected:yes"}, "C"),
        ({"since": "2999-01-01T00:00:00Z"}, ""),
        ({"ordering": "-name"}, "CBA"),
    ):
        assert "".join(api.names("assets/", **query)) == wanted, query
    for query in ({"filter": "colour:red"}, {"category": "x"}, {"device": "x"}, {"colour": "red"}):
        status, told = api.get("assets/", **query)
        assert (status, told["code"]) == (400, "filter_invalid"), query


def test_events_page_by_time(cast: Cast) -> None:
    asset = cast.things["asset"]
    made = [AssetEventFactory(asset=asset, kind="remove").pk for _ in range(4)]
    api, seen, after = Api(cast, "admin"), [], ""
    while True:
        page = api.get("asset-events/", asset=asset.pk, kind="remove", limit=3, after=after).body
        seen += [one["id"] for one in page["items"]]
        if not page["next"]:
            break
        after = page["next"]
    assert sorted(seen) == made


def test_rules(cast: Cast) -> None:
    admin, own, other = Api(cast, "admin"), cast.own["device"].pk, cast.other["device"].pk
    body = {"name": "No sticks", "kind": "not_allowed", "filter": "category:storage", "directory": own}
    status, told = admin.post("asset-rules/", body)
    assert (status, told["directory"], told["level"], told["enabled"]) == (
        201,
        {"id": own, "name": "Own"},
        "warning",
        True,
    )
    path = f"asset-rules/{told['id']}/"
    assert admin.patch(path, {"level": "error"}).body["level"] == "error"
    assert admin.patch(path, {"directory": other}).status == 404
    assert admin.patch(path, {"directory": None}).status == 403
    status, told = admin.patch(path, {"filter": "colour:red"})
    assert (status, told["code"], list(told["fields"])) == (400, "filter_invalid", ["filter"])
    assert admin.post("asset-rules/", {"name": "x", "kind": "x"}).status == 400
    assert admin.names("asset-rules/", kind="not_allowed") == sorted([cast.things["asset_rule"].name, "No sticks"])
    assert admin.delete(path).status == 204
    assert Api(cast, "root").patch("asset-settings/", {"history_days": 40}).body == {"history_days": 40}
    assert Api(cast, "root").patch("asset-settings/", {"history_days": 0}).status == 400
