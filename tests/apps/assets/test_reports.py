"""What devices tell becomes rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tests.factories.devices import DeviceFactory
from ums.assets.happened import on_happened
from ums.assets.models import Asset, AssetEvent, AssetReports, Stay
from ums.assets.services import AssetReport, assets_report
from ums.devices.models import Presence
from ums.domain.peripherals import Category
from ums.domain.protocol import AssetChange, AssetEvents, Peripheral

pytestmark = pytest.mark.django_db

STICK = Peripheral("usb", "1-2", "0781", "5581", serial="4C53", name="Ultra", vendor="SanDisk", classes=["08:06:50"])
MOUSE = Peripheral("usb", "1-1", "046D", "C077", name="USB  Optical Mouse", classes=["00:00:00", "03:01:02"])
NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW, tick=False)


def change(sequence, kind, asset, ago=0.0):
    return AssetChange(sequence, kind, (timezone.now() - timedelta(seconds=ago)).timestamp(), asset)


def tell(device, *events, present=None, journal="j", sequence=None):
    last = sequence if sequence is not None else max((event.sequence for event in events), default=0)
    message = AssetEvents(journal, last, list(events), present, timezone.now().timestamp())
    return assets_report(reports=[AssetReport(device.pk, message)])


def connected(device):
    Presence.objects.filter(device=device).update(connected=True)
    return device


def kinds(**where):
    return list(AssetEvent.objects.filter(**where).order_by("pk").values_list("kind", flat=True))


def test_a_thing_comes_and_goes():
    device = DeviceFactory()
    assert tell(device, change(1, "add", STICK, 20)) == [True]
    asset = Asset.objects.get()
    assert (asset.name, asset.serial_number, asset.places, asset.device) == ("Ultra", "4C53", 1, device)
    assert asset.changed_at == asset.first_seen == NOW - timedelta(seconds=20)
    assert [one.category for one in asset.categories.all()] == [Category.STORAGE]
    tell(device, change(2, "remove", STICK, 5))
    asset.refresh_from_db()
    assert (asset.places, asset.present, asset.device) == (0, False, device)
    stay = Stay.objects.get()
    assert (stay.until - stay.since).total_seconds() == 15
    assert kinds() == ["add", "remove"]


def test_a_repeat_changes_nothing(django_assert_max_num_queries):
    device = DeviceFactory()
    events = [change(1, "add", STICK), change(2, "remove", STICK), change(3, "add", MOUSE)]
    for _ in range(2):
        tell(device, *events, present=[MOUSE])
    assert kinds() == ["add", "remove", "add"]
    assert Stay.objects.count() == 2
    reports = AssetReports.objects.get()
    assert (reports.journal, reports.sequence) == ("j", 3)
    with django_assert_max_num_queries(12):
        tell(device, *events, present=[MOUSE])


def test_what_was_missed_is_made_up():
    device = DeviceFactory()
    tell(device, change(1, "add", STICK))
    tell(device, present=[MOUSE], sequence=4)
    assert kinds() == ["add", "remove_on_boot", "add_on_boot"]
    assert [stay.asset.product_id for stay in Stay.objects.filter(until=None)] == ["c077"]


def test_an_old_telling_of_all_is_not_listened_to():
    device = DeviceFactory()
    tell(device, change(5, "add", STICK))
    tell(device, present=[], sequence=4)
    assert Asset.objects.get().places == 1


def test_another_journal_counts_anew():
    device = DeviceFactory()
    tell(device, change(9, "add", STICK))
    tell(device, change(1, "remove", STICK), journal="other")
    assert kinds() == ["add", "remove"]


def test_a_thing_with_a_serial_number_is_one_wherever_it_is():
    first, second = connected(DeviceFactory()), DeviceFactory()
    tell(first, change(1, "add", STICK, 60))
    tell(first, change(2, "remove", STICK, 40))
    tell(second, change(1, "add", STICK, 20))
    asset = Asset.objects.get()
    assert (asset.device, asset.places, asset.previous_unit_id) == (second, 1, first.unit_id)
    assert asset.moved_at == NOW - timedelta(seconds=20)
    assert Stay.objects.count() == 2


def test_a_thing_without_one_is_known_by_its_place():
    first, second = DeviceFactory(), DeviceFactory()
    for device in (first, second):
        tell(device, change(1, "add", MOUSE))
    assert Asset.objects.count() == 2
    tell(first, change(2, "remove", MOUSE))
    tell(first, change(3, "add", MOUSE))
    assert Asset.objects.count() == 2


def test_taken_from_a_device_that_is_switched_off():
    first, second = DeviceFactory(), DeviceFactory()
    tell(first, change(1, "add", STICK, 60))
    tell(second, change(1, "add", STICK, 20))
    asset = Asset.objects.get()
    assert (asset.device, asset.places) == (second, 1)
    assert Stay.objects.get(device=first).until == NOW - timedelta(seconds=20)
    tell(first, present=[], sequence=1)
    assert kinds(device=first) == ["add"]


def test_at_two_connected_devices_at_once_until_one_says_that_it_is_gone():
    first, second = connected(DeviceFactory()), connected(DeviceFactory())
    tell(first, change(1, "add", STICK, 60))
    tell(second, change(1, "add", STICK, 20))
    asset = Asset.objects.get()
    assert (asset.device, asset.places, asset.moved_at) == (first, 2, None)
    tell(first, change(2, "remove", STICK, 30))
    asset.refresh_from_db()
    assert (asset.device, asset.places, asset.previous_unit_id) == (second, 1, first.unit_id)
    assert asset.changed_at == asset.moved_at == NOW - timedelta(seconds=20)


def test_two_of_the_same_serial_number_at_one_device():
    device = DeviceFactory()
    other = Peripheral("usb", "1-3", "0781", "5581", serial="4C53", classes=["08:06:50"])
    tell(device, change(1, "add", STICK), change(2, "add", other))
    assert Asset.objects.get().places == 2
    tell(device, change(3, "remove", other))
    assert Asset.objects.get().places == 1


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1e300, 5.0, 1e12])
def test_a_wrong_clock_counts_as_now(seconds):
    tell(DeviceFactory(), AssetChange(1, "add", seconds, STICK))
    assert AssetEvent.objects.get().time == NOW


def test_what_is_not_known_is_left_out():
    device = DeviceFactory()
    tell(device, change(1, "explode", STICK), change(2, "add", Peripheral("thunderbolt")))
    assert not Asset.objects.exists()
    assert AssetReports.objects.get().sequence == 2


def test_a_removal_of_what_was_never_there():
    tell(DeviceFactory(), change(1, "remove", STICK))
    assert Asset.objects.get().places == 0
    assert kinds() == ["remove"]


def test_facts_follow_what_the_device_says():
    device = DeviceFactory()
    tell(device, change(1, "add", STICK))
    better = Peripheral("usb", "1-2", "0781", "5581", serial="4C53", name="Ultra Fit", classes=["03:01:01", "08:06:50"])
    tell(device, present=[better], sequence=1)
    asset = Asset.objects.get()
    assert asset.name == "Ultra Fit"
    assert [one.category for one in asset.categories.all()] == [Category.STORAGE, Category.KEYBOARD]
    assert kinds() == ["add"]


def test_many_devices_take_few_queries(django_assert_max_num_queries):
    devices = DeviceFactory.create_batch(6)
    reports = []
    for number, device in enumerate(devices):
        things = [Peripheral("usb", f"1-{port}", "0781", "5581", serial=f"{number}-{port}x") for port in range(5)]
        events = [change(at, "add", one) for at, one in enumerate(things, 1)]
        reports.append(AssetReport(device.pk, AssetEvents("j", 5, events, things)))
    gone = AssetReport(10**9, AssetEvents("j", 1, [change(1, "add", STICK)]))
    with django_assert_max_num_queries(20):
        assert assets_report(reports=[*reports, gone]) == [True] * 6 + [False]
    assert AssetEvent.objects.count() == Stay.objects.count() == 30


def test_who_wants_to_know_is_told(monkeypatch):
    heard = []
    monkeypatch.setattr("ums.assets.happened._listeners", [])
    on_happened(heard.extend)
    tell(DeviceFactory(), change(1, "add", STICK), change(2, "remove", STICK))
    assert [(one.kind, one.asset.name, one.asset.places) for one in heard] == [
        ("add", "Ultra", 0),
        ("remove", "Ultra", 0),
    ]
