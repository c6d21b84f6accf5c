"""Directories: names, moves, rings, deletion; and two moves at once on a real database server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from tests.cast import Cast
from tests.factories import AssignmentFactory, DeviceFactory, DirectoryFactory, ProfileFactory, root
from ums.audit.models import Event
from ums.core.actor import SYSTEM
from ums.core.errors import AppError, Conflict, NotAllowed
from ums.devices.models import DirectoryKind, SettingsState
from ums.devices.selectors import directory_ancestors, directory_choices
from ums.devices.services import (
    When,
    directory_create,
    directory_delete,
    directory_move,
    directory_update,
)
from ums.devices.services.directories import MAX_DEPTH

pytestmark = pytest.mark.django_db


def test_names_are_unique_among_siblings_only() -> None:
    first = directory_create(actor=SYSTEM, parent=root(), name=" North ")
    assert first.name == "North"
    with pytest.raises(AppError, match="already a directory “North”") as refused:
        directory_create(actor=SYSTEM, parent=root(), name="North")
    assert "name" in refused.value.fields
    assert directory_create(actor=SYSTEM, parent=first, name="North").parent == first


def test_a_rename_is_recorded_and_one_without_change_is_not() -> None:
    directory = DirectoryFactory(name="Ward 3")
    directory_update(actor=SYSTEM, directory=directory, name="Ward 3")
    assert not Event.objects.filter(action="directory.updated").exists()
    directory_update(actor=SYSTEM, directory=directory, name="Ward 4")
    event = Event.objects.get(action="directory.updated")
    assert (event.before["name"], event.after["name"]) == ("Ward 3", "Ward 4")


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(AppError) as refused:
        directory_create(actor=SYSTEM, parent=root(), name=name)
    assert refused.value.code == "invalid" and "name" in refused.value.fields


def test_a_move_takes_along_what_is_inside_and_marks_its_devices() -> None:
    north, ward = DirectoryFactory(name="North"), DirectoryFactory(name="Ward")
    room = DirectoryFactory(parent=ward)
    inside, outside = DeviceFactory(directory=room), DeviceFactory()
    SettingsState.objects.update(pending=False, applied_seq=1)
    directory_move(actor=SYSTEM, directory=ward, parent=north)
    assert directory_ancestors(directory_ids=[room.pk])[room.pk] == (room.pk, ward.pk, north.pk, root().pk)
    pending = dict(SettingsState.objects.values_list("device", "pending"))
    assert pending == {inside.pk: True, outside.pk: False}


def test_a_move_for_the_next_boot_is_deferred() -> None:
    ward = DirectoryFactory()
    device = DeviceFactory(directory=ward)
    SettingsState.objects.update(pending=False, applied_seq=1)
    directory_move(actor=SYSTEM, directory=ward, parent=DirectoryFactory(), when=When.NEXT_BOOT)
    assert SettingsState.objects.get(device=device).progress == "deferred"


def test_no_ring_no_root_no_other_kind() -> None:
    outer = DirectoryFactory()
    inner = DirectoryFactory(parent=DirectoryFactory(parent=outer))
    for directory, parent, code in (
        (outer, outer, "directory_cycle"),
        (outer, inner, "directory_cycle"),
        (root(), outer, "directory_root"),
        (outer, root(DirectoryKind.PROFILE), "directory_other_kind"),
    ):
        with pytest.raises(AppError) as refused:
            directory_move(actor=SYSTEM, directory=directory, parent=parent)
        assert refused.value.code == code


def test_nesting_has_an_end() -> None:
    directory = root()
    for number in range(MAX_DEPTH - 1):
        directory = directory_create(actor=SYSTEM, parent=directory, name=f"{number}")
    with pytest.raises(AppError, match="levels deep"):
        directory_create(actor=SYSTEM, parent=directory, name="one more")
    with pytest.raises(AppError, match="levels deep"):
        directory_move(actor=SYSTEM, directory=DirectoryFactory(), parent=directory)


def test_deletion_says_what_is_still_inside() -> None:
    directory = DirectoryFactory(name="Ward")
    DeviceFactory.create_batch(2, directory=directory)
    DirectoryFactory(parent=directory)
    with pytest.raises(Conflict, match="“Ward” still holds 1 directory and 2 devices"):
        directory_delete(actor=SYSTEM, directory=directory)
    profiles = DirectoryFactory(kind=DirectoryKind.PROFILE)
    ProfileFactory(directory=profiles)
    with pytest.raises(Conflict):
        directory_delete(actor=SYSTEM, directory=profiles)
    with pytest.raises(AppError, match="root"):
        directory_delete(actor=SYSTEM, directory=root())


def test_an_empty_directory_goes_with_its_assignments() -> None:
    directory = DirectoryFactory()
    AssignmentFactory(device=None, directory=directory)
    pk = directory.pk
    directory_delete(actor=SYSTEM, directory=directory)
    assert Event.objects.get(action="directory.deleted").object_id == str(pk)


def test_who_may(cast: Cast) -> None:
    own, other = cast.own["device"], cast.other["device"]
    inside = cast.things["directory"]
    assert directory_create(actor=cast.actor("admin"), parent=own, name="New")
    for role in ("reader", "stranger"):
        with pytest.raises(NotAllowed):
            directory_create(actor=cast.actor(role), parent=own, name="Newer")
        with pytest.raises(NotAllowed):
            directory_update(actor=cast.actor(role), directory=inside, name="Newer")
        with pytest.raises(NotAllowed):
            directory_delete(actor=cast.actor(role), directory=inside)
    for directory, parent in ((inside, other), (other, own)):
        with pytest.raises(NotAllowed):
            directory_move(actor=cast.actor("admin"), directory=directory, parent=parent)


def test_choices_are_what_one_may_write_to_in_the_order_of_the_tree(cast: Cast) -> None:
    own, inside = cast.own["device"], cast.things["directory"]
    names = [(one.name, one.level) for one in directory_choices(user=cast.admin, kind=DirectoryKind.DEVICE)]
    assert names == [("Own", 1), ("Below own", 2)]
    assert directory_choices(user=cast.reader, kind=DirectoryKind.DEVICE) == []
    assert [one.pk for one in directory_choices(user=cast.admin, kind="device", text="BELOW")] == [inside.pk]
    assert directory_choices(user=cast.admin, kind="device", without=[own.pk]) == []


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_make_no_ring() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's test database is in memory, where threads cannot wait for each other")
    first, second = DirectoryFactory(name="First"), DirectoryFactory(name="Second")
    start = Barrier(2)

    def move(directory: object, parent: object) -> str:
        try:
            start.wait(10)
            directory_move(actor=SYSTEM, directory=directory, parent=parent)  # type: ignore[arg-type]
        except AppError as error:
            return error.code
        finally:
            connection.close()
        return "moved"

    with ThreadPoolExecutor(2) as pool:
        ends = [pool.submit(move, first, second), pool.submit(move, second, first)]
        assert sorted(end.result(30) for end in ends) == ["directory_cycle", "moved"]
    assert directory_ancestors(directory_ids=[first.pk])[first.pk][-1] == root().pk
