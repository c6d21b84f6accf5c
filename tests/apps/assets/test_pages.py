"""The pages of assets: what they show to whom, and why they show nothing; CSV; the dialogs of rules."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from tests.cast import Cast
from tests.factories import DeviceFactory
from tests.factories.assets import AssetEventFactory, AssetFactory
from ums.assets.models import Asset, AssetRule, AssetSettings, Stay
from ums.assets.timeline import LEAST, ROWS, WIDTH, timeline
from ums.core.actor import SYSTEM
from ums.domain.licences import ASSET_INVENTORY
from ums.features.services import feature_switch
from ums.licences.models import Licence
from ums.notices.models import Notice

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def told(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(f"/webapp/{path}")
    assert answer.status_code == status, path
    return answer.content.decode()


def lines(client: Client, path: str) -> list[dict[str, str]]:
    answer: Any = client.get(f"/webapp/{path}")
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_the_list_and_its_views(cast: Cast) -> None:
    root, own = cast.client("root"), cast.things["asset"]
    origin = DeviceFactory(name="Origin")
    stick = AssetFactory(name="Stick", moved_at=timezone.now(), previous_unit_id=origin.unit_id)
    gone = AssetFactory(name="Lost headset", places=0)
    twin = AssetFactory(name="Twin scanner", places=2)
    other = DeviceFactory(name="Other place")
    Stay.objects.create(asset=twin, device=other, unit_id=other.unit_id, since=timezone.now())
    page = told(root, "assets/")
    assert all(name in page for name in (own.name, "Stick", "Lost headset", "Twin scanner", "Not connected"))
    moved = told(root, "assets/?shown=moved")
    assert "Stick" in moved and "Origin" in moved and own.name not in moved
    assert "Lost headset" in told(root, "assets/?shown=vanished") and gone.pk
    duplicates = told(root, "assets/?shown=duplicates")
    assert "Twin scanner" in duplicates and "Other place" in duplicates and "Stick" not in duplicates
    assert "No asset fits" in told(root, "assets/?f=vendor:nobody")
    assert "Nothing has moved" in told(cast.client("reader"), "assets/?shown=moved")
    assert "Stick" not in told(cast.client("reader"), "assets/")
    assert stick.name not in told(cast.client("stranger"), "assets/")


def test_an_asset_and_where_it_was(cast: Cast) -> None:
    now, asset = timezone.now(), cast.things["asset"]
    hidden = cast.things["elsewhere"]
    Stay.objects.create(asset=asset, device=hidden, unit_id=hidden.unit_id, since=now - 9 * DAY, until=now - 8 * DAY)
    AssetEventFactory(asset=asset, device=hidden, unit_id=hidden.unit_id, kind="remove_on_boot", time=now - 8 * DAY)
    path = f"assets/{asset.pk}/"
    whole = told(cast.client("root"), path)
    shown = ("100mA", asset.serial_number, "046d:c077", escape(hidden.name), "Missing at start")
    assert all(text in whole for text in shown)
    part = told(cast.client("reader"), path)
    assert cast.things["device"].name in part and escape(hidden.name) not in part and "Missing at start" not in part


def test_the_assets_of_a_device(cast: Cast) -> None:
    device, asset = cast.things["device"], cast.things["asset"]
    gone = AssetFactory(name="Old mouse", device=device, places=0)
    page = told(cast.client("reader"), f"devices/{device.pk}/assets/")
    assert asset.name in page and "<svg" in page and 'aria-current="page">Assets' in page
    here = page.partition("The last four weeks")[0]
    assert asset.name in here and gone.name not in here
    assert "Nothing is plugged in" in told(cast.client("root"), f"devices/{DeviceFactory().pk}/assets/")


def test_a_picture_of_four_weeks() -> None:
    now, device = timezone.now(), DeviceFactory()
    old = AssetFactory(device=device, places=0, first_seen=now - 90 * DAY, changed_at=now - 60 * DAY)
    whole = AssetFactory(device=device, first_seen=now - 90 * DAY)
    half = AssetFactory(device=device, first_seen=now - 14 * DAY)
    short = AssetFactory(device=device, places=0, first_seen=now - DAY, changed_at=now - DAY)
    drawn = {
        lane.asset.pk: lane.bars for lane in timeline(Stay.objects.filter(device=device).select_related("asset")).lanes
    }
    assert drawn.keys() == {whole.pk, half.pk, short.pk} and old.pk not in drawn
    ((left, width),) = [(bar.x, bar.width) for bar in drawn[whole.pk]]
    assert left == 0 and width == pytest.approx(WIDTH, abs=1)
    assert drawn[half.pk][0].x == pytest.approx(WIDTH / 2, abs=1) and drawn[half.pk][0].until is None
    assert drawn[short.pk][0].width == LEAST
    for _ in range(ROWS):
        AssetFactory(device=device)
    assert len(timeline(Stay.objects.filter(device=device)).lanes) == ROWS


def test_nothing_is_shown_while_it_is_off_or_not_licensed(cast: Cast) -> None:
    root, device = cast.client("root"), cast.things["device"]
    assert "Asset Inventory Tracker" in told(root, "tree/")
    feature_switch(actor=SYSTEM, name=ASSET_INVENTORY, enabled=False, confirmed=True)
    off = told(root, "assets/", 409)
    assert "is switched off" in off and "UMS Features" in off and cast.things["asset"].name not in off
    assert "Asset Inventory Tracker" not in told(root, "tree/")
    assert "/assets/" not in told(root, f"devices/{device.pk}/")
    for path in ("assets/history/", "assets/export/", "assets/rules/", f"devices/{device.pk}/assets/"):
        told(root, path, 409)
    feature_switch(actor=SYSTEM, name=ASSET_INVENTORY, enabled=True)
    Licence.objects.all().delete()
    assert "needs the Enterprise Management Pack" in told(root, "assets/", 409)
    assert cast.client("reader").get("/api/v1/assets/").json()["code"] == "not_licensed"


def test_csv_is_harmless_and_whole(cast: Cast) -> None:
    Asset.objects.all().delete()
    evil = AssetFactory(name='=cmd|"/c calc"!A0', vendor="@SUM(1)", serial_number="-2+3", details={})
    AssetEventFactory(asset=evil)
    AssetFactory(name="Fine", device=cast.things["device"])
    rows = lines(cast.client("root"), "assets/export/")
    assert [row["name"] for row in rows] == ['\'=cmd|"/c calc"!A0', "Fine"]
    assert (rows[0]["vendor"], rows[0]["serial_number"], rows[0]["connected"]) == ("'@SUM(1)", "'-2+3", "yes")
    assert [row["name"] for row in lines(cast.client("root"), "assets/export/?f=name:fine")] == ["Fine"]
    assert [row["name"] for row in lines(cast.client("reader"), "assets/export/")] == ["Fine"]
    (event,) = lines(cast.client("root"), "assets/history/export/")
    assert (event["event"], event["name"][:2], event["unit_id"]) == ("add", "'=", evil.unit_id)


def test_csv_reads_in_pieces(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ums.assets.stream.AT_ONCE", 2)
    for number in range(5):
        AssetFactory(name=f"Same {number // 2}")
    assert len(lines(cast.client("root"), "assets/export/?q=same")) == 5


def test_the_history_is_filtered(cast: Cast) -> None:
    root, asset = cast.client("root"), cast.things["asset"]
    AssetEventFactory(asset=AssetFactory(name="Camera X"), kind="remove")
    assert "Camera X" not in told(root, "assets/history/?f=event:add")
    assert "Camera X" in told(root, "assets/history/?f=event:remove&q=camera")
    assert asset.name in told(root, f'assets/history/?f=device:"{asset.device.name}"')


def test_the_dialogs_of_rules(cast: Cast) -> None:
    root = cast.client("root")
    asked = told(root, "assets/?f=category:storage&f=connected:yes")
    assert "rules/new/?filter=category%3Astorage" in asked
    assert 'value="category:storage"' in told(root, "assets/rules/new/?filter=category:storage")
    assert "There is no" in told(root, "assets/rules/count/?filter=colour:red")
    assert "like this now" in told(root, "assets/rules/count/?filter=bus:usb")
    form = {"name": "No sticks", "kind": "not_allowed", "filter": "category:storage", "level": "error"}
    assert root.post("/webapp/assets/rules/new/", form).status_code == 204
    again = root.post("/webapp/assets/rules/new/", form)
    assert again.status_code == 422 and b"already exists" in again.content
    rule = AssetRule.objects.get(name="No sticks")
    assert root.post(f"/webapp/assets/rules/{rule.pk}/", {**form, "kind": "vanished", "minutes": 5}).status_code == 204
    rule.refresh_from_db()
    assert (rule.kind, rule.minutes, rule.directory) == ("vanished", 5, None)
    assert root.post(f"/webapp/assets/rules/{rule.pk}/switch/?enabled=0").status_code == 204
    assert root.post(f"/webapp/assets/rules/{rule.pk}/delete/").status_code == 204
    assert not AssetRule.objects.filter(pk=rule.pk).exists()
    assert root.post("/webapp/assets/settings/", {"history_days": 0}).status_code == 422
    root.post("/webapp/assets/settings/", {"history_days": 20})
    assert AssetSettings.objects.get().history_days == 20


def test_what_devices_say_of_themselves_is_text(cast: Cast) -> None:
    evil = AssetFactory(name="<script>alert(1)</script>", device=cast.things["device"], details={"<b>": "<i>"})
    Notice.objects.create(
        key="x", kind="asset.not_allowed", title=f"{evil.name} at", first_at=timezone.now(), last_at=timezone.now()
    )
    AssetEventFactory(asset=evil)
    root = cast.client("root")
    paths = ("assets/", f"assets/{evil.pk}/", "assets/history/", f"devices/{evil.device.pk}/assets/", "notices/")
    for path in paths:
        page = told(root, path)
        assert "<script>alert" not in page and "&lt;script&gt;alert" in page, path
    assert "<i>" not in told(root, f"assets/{evil.pk}/")
