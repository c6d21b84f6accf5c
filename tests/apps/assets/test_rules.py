"""Rules that notify: a peripheral that is not allowed, an asset that disappears; and how long all of it is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.cast import Cast
from tests.factories import DeviceFactory, DirectoryFactory
from tests.factories.assets import AssetEventFactory, AssetFactory
from tests.factories.licences import LicenceFactory
from ums.assets import services
from ums.assets.criteria import FIELDS, apply_criteria, criteria_of
from ums.assets.models import Asset, AssetCategory, AssetEvent, AssetRule, Stay
from ums.audit.models import Event
from ums.core.actor import SYSTEM
from ums.core.errors import AppError, NotAllowed
from ums.devices.models import Directory
from ums.domain.licences import ASSET_INVENTORY
from ums.domain.peripherals import Category, Change
from ums.features.services import feature_switch
from ums.licences.models import Licence
from ums.notices.models import Notice

pytestmark = pytest.mark.django_db

STICK = {"name": "DataTraveler", "vendor": "Kingston", "vendor_id": "0951", "product_id": "1666"}
NOW = timezone.now


@pytest.fixture(autouse=True)
def licensed() -> None:
    LicenceFactory()


def rule(kind: str = "not_allowed", **values: Any) -> AssetRule:
    made = services.asset_rule_create(
        actor=SYSTEM, kind=kind, **{"name": f"Rule {AssetRule.objects.count()}", **values}
    )
    AssetRule.objects.filter(pk=made.pk).update(counts_from=NOW() - timedelta(days=10))
    return made


def stick(**facts: Any) -> Asset:
    made: Asset = AssetFactory(category=Category.STORAGE.value, **{**STICK, **facts})
    return made


def happened(asset: Asset, kind: Change = Change.ADD, **facts: Any) -> AssetEvent:
    event: AssetEvent = AssetEventFactory(asset=asset, kind=kind.value, **facts)
    return event


def names(text: str) -> list[str]:
    found = apply_criteria(Asset.objects.all(), criteria_of(text, FIELDS))
    return list(found.order_by("name").values_list("name", flat=True))


def test_what_filters_mean() -> None:
    ward = DirectoryFactory(name="Ward 3")
    below = DeviceFactory(name="TC-1", directory=DirectoryFactory(parent=ward))
    stick(device=below)
    AssetFactory(name="Mouse", places=0, changed_at=NOW() - timedelta(days=40))
    receiver = AssetFactory(name="Receiver", moved_at=NOW(), places=2, serial_number="XY-7")
    AssetCategory.objects.create(asset=receiver, category=Category.KEYBOARD.value)
    for text, wanted in {
        "category:storage": ["DataTraveler"],
        "category:keyboard": ["Receiver"],
        "category:storage category:mouse -vendor:Kingston": ["Mouse", "Receiver"],
        "vendor:0951": ["DataTraveler"],
        "vendor:king* product:1666": ["DataTraveler"],
        "bus:monitor": [],
        "serial:xy-7": ["Receiver"],
        "connected:no": ["Mouse"],
        "moved:yes": ["Receiver"],
        "duplicate:yes": ["Receiver"],
        'directory:"Ward 3"': ["DataTraveler"],
        f"directory:{ward.pk} device:tc-*": ["DataTraveler"],
        "changed:>30d": ["Mouse"],
        "kingst": ["DataTraveler"],
        "first-seen:never": [],
    }.items():
        assert names(text) == wanted, text


def test_a_peripheral_that_is_not_allowed() -> None:
    ward = DirectoryFactory()
    inside = stick(device=DeviceFactory(name="TC-1", directory=DirectoryFactory(parent=ward)))
    allowed = stick(device=inside.device, vendor="SanDisk", vendor_id="0781")
    outside = stick()
    rule(filter="category:storage -vendor:0781", directory=ward, level="error")
    rule(filter="", enabled=False)
    events = [happened(asset) for asset in (inside, allowed, outside)]
    gone = happened(inside, Change.REMOVE)
    services.additions_watch(events=[*events, gone])
    notice = Notice.objects.get()
    assert notice.title == "DataTraveler at TC-1 is not allowed"
    assert (notice.level, notice.device, notice.count) == ("error", inside.device, 1)
    assert "Mass storage, 0951:1666, serial number" in notice.detail
    assert notice.path.endswith(f"/assets/{inside.pk}/")
    services.additions_watch(events=[happened(inside)])
    assert Notice.objects.get().count == 2


def test_nothing_is_told_while_the_feature_is_off_or_not_licensed() -> None:
    rule()
    event = happened(stick())
    feature_switch(actor=SYSTEM, name=ASSET_INVENTORY, enabled=False, confirmed=True)
    services.additions_watch(events=[event])
    feature_switch(actor=SYSTEM, name=ASSET_INVENTORY, enabled=True)
    Licence.objects.all().delete()
    services.additions_watch(events=[event])
    assert not Notice.objects.exists()


def test_a_rule_that_cannot_be_read_any_more_keeps_nobody_from_reporting() -> None:
    broken = rule()
    rule(filter="category:storage")
    AssetRule.objects.filter(pk=broken.pk).update(filter="colour:red")
    services.additions_watch(events=[happened(stick())])
    assert Notice.objects.count() == 1


def test_rules_cost_the_same_for_many_events(django_assert_max_num_queries: Any) -> None:
    rule(filter="category:storage", directory=DirectoryFactory())
    events = [happened(stick()) for _ in range(5)]
    with django_assert_max_num_queries(8):
        services.additions_watch(events=events)


def test_an_asset_that_disappears_is_told_once() -> None:
    rule("vanished", filter="category:storage", minutes=60)
    ago = NOW() - timedelta(minutes=90)
    gone = stick(places=0, changed_at=ago)
    back = stick()
    late = stick(places=0, changed_at=NOW() - timedelta(minutes=5))
    mouse = AssetFactory(places=0, changed_at=ago)
    for asset, when in ((gone, ago), (back, ago), (late, NOW() - timedelta(minutes=5)), (mouse, ago)):
        happened(asset, Change.REMOVE, time=when, received_at=when)
    assert services.assets_watch() == 1
    notice = Notice.objects.get()
    assert notice.kind == "asset.vanished" and notice.title.startswith("DataTraveler has disappeared from")
    Notice.objects.update(settled_at=NOW())
    assert services.assets_watch() == 0
    # It was found, and disappears again: that is another time.
    Asset.objects.filter(pk=gone.pk).update(changed_at=NOW() - timedelta(minutes=61))
    AssetRule.objects.update(judged_to=NOW() - timedelta(hours=2))
    happened(gone, Change.REMOVE_ON_BOOT, received_at=NOW() - timedelta(minutes=61))
    assert services.assets_watch() == 1


def test_a_new_rule_does_not_tell_of_the_past() -> None:
    services.asset_rule_create(actor=SYSTEM, name="New", kind="vanished", minutes=0)
    ago = NOW() - timedelta(minutes=1)
    happened(stick(places=0, changed_at=ago), Change.REMOVE, time=ago, received_at=ago)
    assert services.assets_watch() == 0


def test_who_makes_rules(cast: Cast) -> None:
    own, other = cast.own["device"], cast.other["device"]
    make = services.asset_rule_create
    made = make(actor=cast.actor("admin"), name="Mine", kind="vanished", directory=own, filter="Category:Storage  x")
    assert made.filter == "category:Storage x"
    for role, where in (("reader", own), ("admin", other), ("admin", None)):
        with pytest.raises(NotAllowed):
            make(actor=cast.actor(role), name="Not", kind="vanished", directory=where)
    with pytest.raises(NotAllowed):
        services.asset_rule_update(actor=cast.actor("admin"), rule=made, directory=None)
    with pytest.raises(NotAllowed):
        services.asset_rule_delete(actor=cast.actor("reader"), rule=made)
    before = made.counts_from
    changed = services.asset_rule_update(actor=cast.actor("admin"), rule=made, name="Other name")
    assert changed.counts_from == before
    assert services.asset_rule_update(actor=cast.actor("admin"), rule=made, filter="").counts_from > before
    services.asset_rule_delete(actor=cast.actor("admin"), rule=changed)
    assert Event.objects.filter(action__startswith="asset_rule.").count() == 4


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"filter": "colour:red"}, "filter"),
        ({"filter": "device:tc-1"}, "filter"),
        ({"minutes": 10**7}, "minutes"),
        ({"kind": "other"}, "kind"),
        ({"name": ""}, "name"),
    ],
)
def test_what_a_rule_cannot_be(values: dict[str, Any], field: str) -> None:
    with pytest.raises(AppError) as refused:
        services.asset_rule_create(actor=SYSTEM, **{"name": "Rule", "kind": "vanished", **values})
    assert field in refused.value.fields


def test_a_rule_is_about_directories_of_devices() -> None:
    with pytest.raises(AppError):
        rule(directory=DirectoryFactory(kind="profile"))
    assert rule(directory=Directory.objects.get(kind="device", parent=None)).directory is None


def test_old_history_goes_and_what_was_nowhere_since(cast: Cast) -> None:
    services.asset_settings_set(actor=cast.actor("root"), history_days=30)
    with pytest.raises(NotAllowed):
        services.asset_settings_set(actor=cast.actor("admin"), history_days=1)
    with pytest.raises(AppError):
        services.asset_settings_set(actor=cast.actor("root"), history_days=0)
    Asset.objects.all().delete()
    old, young = NOW() - timedelta(days=31), NOW() - timedelta(days=29)
    here = AssetFactory(first_seen=old)
    forgotten = AssetFactory(places=0, first_seen=old)
    kept = AssetFactory(places=0, first_seen=old, changed_at=young)
    for asset in (here, forgotten, kept):
        happened(asset, time=old)
    young_event = happened(kept, Change.REMOVE, time=young)
    services.assets_prune()
    assert set(Asset.objects.all()) == {here, kept}
    assert list(AssetEvent.objects.all()) == [young_event]
    assert Stay.objects.count() == 2
