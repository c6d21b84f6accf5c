"""Moves, deletions, undo; when changes of settings reach devices; presence as servers write it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from tests.cast import Cast
from tests.factories import DeviceFactory, DirectoryFactory, UserFactory
from ums.audit.models import Event
from ums.core.actor import SYSTEM, Actor
from ums.core.errors import AppError, NotAllowed
from ums.devices.models import Device, Presence, SettingsState
from ums.devices.selectors import device_list
from ums.devices.services import (
    Applied,
    Contact,
    When,
    boots_write,
    devices_delete,
    devices_move,
    devices_move_back,
    presence_lost,
    presence_write,
    settings_applied,
    settings_changed,
)
from ums.devices.services.bulk import UNDO_WINDOW
from ums.domain.presence import LOST_AFTER, Status

pytestmark = pytest.mark.django_db


def applied(device: Device) -> None:
    """As if it had all its settings."""
    SettingsState.objects.filter(device=device).update(pending=False, deferred=False, seq=7, applied_seq=7)


def state(device: Device) -> SettingsState:
    return SettingsState.objects.get(device=device)


# ---------------------------------------------------------------- moves


def test_moved_devices_are_pending_and_recorded_and_others_are_not() -> None:
    target = DirectoryFactory(name="Target")
    moving, there = DeviceFactory(), DeviceFactory(directory=target)
    for device in (moving, there):
        applied(device)
    assert devices_move(actor=SYSTEM, devices=[moving, there], directory=target) == [moving]
    assert (state(moving).progress, state(there).progress) == ("pending", "applied")
    assert [event.object_id for event in Event.objects.filter(action="device.moved")] == [str(moving.pk)]


def test_a_move_needs_write_on_both_ends_and_moves_all_or_none(cast: Cast) -> None:
    own, elsewhere = cast.things["device"], cast.things["elsewhere"]
    for devices, directory in (
        ([own], cast.other["device"]),
        ([elsewhere], cast.own["device"]),
        ([own, elsewhere], cast.things["directory"]),
    ):
        with pytest.raises(NotAllowed):
            devices_move(actor=cast.actor("admin"), devices=devices, directory=directory)
    own.refresh_from_db()
    assert own.directory == cast.own["device"]
    with pytest.raises(NotAllowed):
        devices_move(actor=cast.actor("reader"), devices=[own], directory=cast.things["directory"])
    with pytest.raises(AppError, match="directories of devices only"):
        devices_move(actor=SYSTEM, devices=[own], directory=cast.own["profile"])


def mover(request_id: str = "request-1") -> Actor:
    return Actor(name="root", user=UserFactory(is_superuser=True), request_id=request_id)


def test_undo_moves_exactly_those_back_to_where_each_was() -> None:
    north, south, target = (DirectoryFactory(name=name) for name in ("North", "South", "Target"))
    from_north, from_south = DeviceFactory(directory=north), DeviceFactory(directory=south)
    stayed, moved_on = DeviceFactory(directory=target), DeviceFactory(directory=north)
    actor = mover()
    devices_move(actor=actor, devices=[from_north, from_south, stayed, moved_on], directory=target)
    devices_move(actor=SYSTEM, devices=[moved_on], directory=south)
    back = devices_move_back(actor=actor, request_id="request-1")
    assert {device.pk for device in back} == {from_north.pk, from_south.pk}
    where = dict(Device.objects.values_list("pk", "directory__name"))
    assert where == {from_north.pk: "North", from_south.pk: "South", stayed.pk: "Target", moved_on.pk: "South"}
    with pytest.raises(AppError) as refused:
        devices_move_back(actor=actor, request_id="request-1")
    assert refused.value.code == "nothing_to_undo"


def test_undo_is_for_the_mover_and_for_a_while() -> None:
    device, actor = DeviceFactory(), mover()
    devices_move(actor=actor, devices=[device], directory=DirectoryFactory())
    with pytest.raises(AppError):
        devices_move_back(actor=mover(), request_id="request-1")
    with pytest.raises(AppError):
        devices_move_back(actor=actor, request_id="")
    with time_machine.travel(timezone.now() + UNDO_WINDOW + timedelta(minutes=1)), pytest.raises(AppError):
        devices_move_back(actor=actor, request_id="request-1")


def test_deletion_is_all_or_none_and_recorded(cast: Cast) -> None:
    own, elsewhere = cast.things["device"], cast.things["elsewhere"]
    with pytest.raises(NotAllowed):
        devices_delete(actor=cast.actor("admin"), devices=[own, elsewhere])
    assert Device.objects.count() == 2
    assert devices_delete(actor=cast.actor("root"), devices=[own, elsewhere]) == 2
    assert not Device.objects.exists() and not Presence.objects.exists() and not SettingsState.objects.exists()
    names = Event.objects.filter(action="device.deleted").values_list("object_name", flat=True)
    assert set(names) == {own.name, elsewhere.name}


# ---------------------------------------------------------------- settings


def change(when: When) -> int:
    return settings_changed(actor=SYSTEM, devices=Device.objects.all(), when=when)


def test_a_change_for_now_takes_deferred_ones_along() -> None:
    device = DeviceFactory()
    applied(device)
    assert change(When.NEXT_BOOT) == 1
    assert state(device).progress == "deferred"
    before = state(device).seq
    assert change(When.NOW) == 1
    after = state(device)
    assert after.progress == "pending" and after.seq > before


def test_a_deferred_change_does_not_hold_back_one_on_its_way() -> None:
    device = DeviceFactory()
    applied(device)
    change(When.NOW)
    before = state(device).seq
    change(When.NEXT_BOOT)
    after = state(device)
    assert after.progress == "pending" and after.seq > before


def test_a_report_of_an_older_change_leaves_the_later_one_pending() -> None:
    device = DeviceFactory()
    change(When.NOW)
    first = state(device).seq
    change(When.NOW)
    settings_applied(reports=[Applied(device.pk, first, "tag-1")])
    assert state(device).progress == "pending" and state(device).applied_seq == first
    settings_applied(reports=[Applied(device.pk, state(device).seq, "tag-2")])
    done = state(device)
    assert done.progress == "applied" and done.applied_tag == "tag-2" and done.applied_at is not None


def test_a_report_says_why_and_an_older_one_changes_nothing() -> None:
    device = DeviceFactory()
    change(When.NOW)
    seq = state(device).seq
    settings_applied(reports=[Applied(device.pk, seq, "tag", "Hook 10-display failed")])
    assert state(device).progress == "error"
    settings_applied(reports=[Applied(device.pk, seq - 1, "old")])
    settings_applied(reports=[Applied(device.pk, seq + 1, "never sent")])
    assert (state(device).applied_tag, state(device).error) == ("tag", "Hook 10-display failed")


def test_many_reports_of_one_change_take_few_statements(django_assert_max_num_queries: Any) -> None:
    devices = DeviceFactory.create_batch(50)
    change(When.NOW)
    seq = state(devices[0]).seq
    # States locked and written, events, and the deliveries that the reports answer.
    with django_assert_max_num_queries(5):
        settings_applied(reports=[Applied(device.pk, seq, "tag") for device in devices])
    assert not SettingsState.objects.filter(pending=True).exists()


def test_boots_are_remembered() -> None:
    device = DeviceFactory()
    boots_write(boot_ids={device.pk: "boot-2"})
    assert state(device).boot_id == "boot-2"


# ---------------------------------------------------------------- presence

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.get_default_timezone())


def contact(device: Device, *, connected: bool = True, flipped: bool = True, ago: int = 0) -> Contact:
    return Contact(device.pk, connected, NOW if connected else None, NOW - timedelta(seconds=ago), flipped)


def test_presence_follows_the_server_that_holds_the_connection() -> None:
    device = DeviceFactory()
    presence_write(server="one", contacts=[contact(device, ago=20)])
    presence_write(server="two", contacts=[contact(device, ago=10)])
    presence_write(server="one", contacts=[contact(device, connected=False)])
    row = Presence.objects.get(device=device)
    assert row.connected and row.server == "two"
    presence_write(server="two", contacts=[contact(device, flipped=False)])
    assert Presence.objects.get(device=device).last_contact == NOW
    presence_write(server="two", contacts=[contact(device, connected=False)])
    assert not Presence.objects.get(device=device).connected


def test_a_contact_of_a_deleted_device_is_no_defect() -> None:
    device = DeviceFactory()
    gone = contact(device)
    Device.objects.all().delete()
    presence_write(server="one", contacts=[gone])
    assert not Presence.objects.exists()


def test_lost_connections_are_put_right() -> None:
    silent, fine, other = DeviceFactory.create_batch(3)
    with time_machine.travel(NOW, tick=False):
        presence_write(server="one", contacts=[contact(silent, ago=int(LOST_AFTER.total_seconds()) + 1), contact(fine)])
        presence_write(server="two", contacts=[contact(other)])
        assert presence_lost() == 1
        assert not Presence.objects.get(device=silent).connected
        assert presence_lost(server="two") == 1
        assert set(Presence.objects.filter(connected=True).values_list("device", flat=True)) == {fine.pk}


def test_a_list_never_shows_a_silent_device_as_online() -> None:
    device = DeviceFactory()
    shown = []
    presence_write(server="one", contacts=[contact(device)])
    for seconds in (0, 90, 91, 180, 181):
        with time_machine.travel(NOW + timedelta(seconds=seconds), tick=False):
            shown.append(device_list(user=mover().user).get().status)
    assert shown == [Status.ONLINE, Status.ONLINE, Status.LATE, Status.LATE, Status.OFFLINE]
