"""Reading assets."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories.accounts import UserFactory
from tests.factories.assets import AssetEventFactory, AssetFactory
from tests.factories.devices import DeviceFactory, DirectoryFactory
from ums.assets import selectors
from ums.assets.models import Asset

pytestmark = pytest.mark.django_db


@pytest.fixture
def root():
    return UserFactory(is_superuser=True)


def test_what_is_at_a_device_and_what_was(root):
    device = DeviceFactory()
    here = AssetFactory(device=device)
    gone = AssetFactory(device=device, places=0)
    AssetFactory()
    assert list(selectors.assets_for_device(device=device)) == [here]
    assert {stay.asset for stay in selectors.stays_for_device(device=device)} == {here, gone}
    assert set(selectors.vanished(selectors.asset_list(user=root))) == {gone}


def test_moved_and_duplicates(root):
    now = timezone.now()
    moved = AssetFactory(moved_at=now - timedelta(days=2), previous_unit_id="other")
    twice = AssetFactory(places=2)
    assets = Asset.objects.all()
    assert list(selectors.moved(assets)) == [moved]
    assert not selectors.moved(assets, after=now - timedelta(days=1))
    assert list(selectors.duplicates(assets)) == [twice]
    assert [stay.device for stay in selectors.places_now(assets=[twice])[twice.pk]] == [twice.device]


def test_a_deleted_device_has_nothing_any_more_and_its_history_stays(root):
    event = AssetEventFactory()
    unit_id = event.unit_id
    event.device.delete()
    asset = Asset.objects.get()
    assert not asset.present
    assert list(selectors.vanished(Asset.objects.all())) == [asset]
    assert list(selectors.history_for_device(user=root, unit_id=unit_id)) == [event]


def test_who_may_not_read_a_device_sees_nothing_of_it(django_assert_num_queries):
    theirs = DirectoryFactory()
    seen = AssetFactory(device=DeviceFactory(directory=theirs))
    hidden = AssetFactory()
    AssetEventFactory(asset=hidden)
    user = UserFactory()
    assert not selectors.asset_list(user=user)
    user.grants.create(action="read", directory=theirs)
    user = type(user).objects.get(pk=user.pk)
    assert list(selectors.asset_list(user=user)) == [seen]
    assert not selectors.history_for_asset(user=user, asset=hidden)
    assert not selectors.stays_for_asset(user=user, asset=hidden)


def test_details_have_an_order_and_numbers():
    asset = Asset(details={"zoom": "10", "speed": "480", "maxPower": "100mA", "alpha": "1"})
    found = selectors.details_of(asset)
    assert [(one.key, one.value) for one in found[:2]] == [("maxPower", "100mA"), ("speed", "480")]
    assert [one.key for one in found[2:]] == ["alpha", "zoom"]
    assert len({one.number for one in found}) == 4
