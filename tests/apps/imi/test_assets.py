"""Assets and their history."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.apps.imi.client import Imi
from tests.cast import Cast
from tests.factories import DeviceFactory
from tests.factories.assets import AssetEventFactory, AssetFactory
from tests.factories.licences import LicenceFactory
from ums.assets.models import Asset
from ums.core.actor import SYSTEM
from ums.devices.models import Device, DirectoryKind
from ums.domain.licences import ASSET_INVENTORY
from ums.features.services import feature_switch
from ums.licences.models import Licence

PATHS = (
    "assetinfo",
    "assetinfo/assets/{asset}",
    "assetinfo/thinclients/{device}",
    "assethistory",
    "assethistory/assets/{asset}",
    "assethistory/thinclients/{unit}",
)


@pytest.fixture
def device(cast: Cast) -> Device:
    """A device of admin and reader; all assets are those that a test makes."""
    Asset.objects.all().delete()
    return DeviceFactory(directory=cast.own[DirectoryKind.DEVICE])


def test_an_asset_as_clients_read_it(cast: Cast, device: Device) -> None:
    asset = AssetFactory(device=device)
    gone = AssetFactory(device=device, places=0)
    status, body = Imi(cast.root).get("assetinfo/")
    assert status == 200
    assert body["links"] == []
    found = {one["assetId"]: one for one in body["assetinfos"]}
    assert found[asset.pk] == {
        "tcId": device.pk,
        "assetId": asset.pk,
        "assetName": "M105 Optical Mouse",
        "assetVendor": "Logitech, Inc.",
        "deviceId": "c077",
        "uniqueId": asset.identity,
        "connector": "usb",
        "categoryList": {"categoryList": [{"categoryId": 2, "categoryName": "Mouse"}]},
        "detailList": {
            "detailList": [
                {"attrId": 1, "detailKey": "maxPower", "detailValue": "100mA", "detailType": "string"},
                {"attrId": 2, "detailKey": "speed", "detailValue": "1.5", "detailType": "string"},
            ]
        },
    }
    assert found[gone.pk]["tcId"] == -1
    assert Imi(cast.root).get(f"assetinfo/assets/{asset.pk}").body == {"assetinfos": [found[asset.pk]], "links": []}
    here = Imi(cast.root).get(f"assetinfo/thinclients/{device.pk}").body["assetinfos"]
    assert [one["assetId"] for one in here] == [asset.pk]


def test_history_by_asset_and_by_unit_id(cast: Cast, device: Device) -> None:
    when = datetime(2026, 3, 1, 12, 30, 15, 250_000, UTC)
    asset = AssetFactory(device=device)
    first = AssetEventFactory(asset=asset, time=when)
    second = AssetEventFactory(asset=asset, time=when, kind="remove_on_boot")
    AssetEventFactory(asset=AssetFactory(device=DeviceFactory()))
    imi = Imi(cast.root)
    told = imi.get(f"assethistory/assets/{asset.pk}").body
    assert told == {
        "assethistories": [
            {
                "historyId": event.pk,
                "unitId": device.unit_id,
                "assetId": asset.pk,
                "eventTimeStamp": 1772368215250,
                "event": {"identifier": kind},
            }
            for event, kind in ((first, "add"), (second, "remove_on_boot"))
        ],
        "links": [],
    }
    assert imi.get(f"assethistory/thinclients/{device.unit_id}").body == told
    assert len(imi.get("assethistory").body["assethistories"]) == 3
    quiet = DeviceFactory()
    assert imi.get(f"assethistory/thinclients/{quiet.unit_id}").body["assethistories"] == []


def test_unknown_ones(cast: Cast) -> None:
    imi = Imi(cast.root)
    for pk in (424242, 2**40, 10**30, -1):
        for path in ("assetinfo/assets", "assetinfo/thinclients", "assethistory/assets"):
            assert imi.get(f"{path}/{pk}").code == "ITG-0A001"
    assert imi.get("assetinfo/assets/c077").code == "ITG-0A010"
    assert imi.get("assethistory/thinclients/000000000000").code == "ITG-0A001"


def test_permissions_are_those_of_the_console(cast: Cast, device: Device) -> None:
    mine = AssetFactory(device=device)
    others = AssetEventFactory(asset=AssetFactory(device=cast.things["elsewhere"])).asset
    imi = Imi(cast.reader)
    assert [one["assetId"] for one in imi.get("assetinfo").body["assetinfos"]] == [mine.pk]
    assert imi.get("assethistory").body["assethistories"] == []
    places = {"asset": others.pk, "device": others.device_id, "unit": others.unit_id}
    for path in PATHS:
        if "{" in path:
            assert imi.get(path.format(**places)).code == "ITG-0A001", path


@pytest.mark.parametrize("path", PATHS)
def test_without_licence_or_feature_nothing_is_told(cast: Cast, path: str) -> None:
    asset = AssetFactory(device=cast.things["device"])
    address = path.format(asset=asset.pk, device=asset.device_id, unit=asset.unit_id)
    imi = Imi(cast.root)
    assert imi.get(address).status == 200
    feature_switch(actor=SYSTEM, name=ASSET_INVENTORY, enabled=False, confirmed=True)
    assert imi.get(address).code == "ITG-0C001"
    feature_switch(actor=SYSTEM, name=ASSET_INVENTORY, enabled=True)
    Licence.objects.all().delete()
    answer = imi.get(address)
    assert (answer.status, answer.code) == (400, "ITG-0C001")
    LicenceFactory()
    assert imi.get(address).status == 200


def test_the_same_few_queries_however_many(cast: Cast, device: Device, django_assert_max_num_queries) -> None:
    for _ in range(20):
        AssetEventFactory(asset__device=device)
    imi = Imi(cast.admin)
    with django_assert_max_num_queries(12):
        assert len(imi.get("assetinfo").body["assetinfos"]) == 20
    with django_assert_max_num_queries(12):
        assert len(imi.get("assethistory").body["assethistories"]) == 20
