"""Profiles through their services: revisions, conflicts, secrets, assigning, and what is recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import Cast
from tests.factories import AssignmentFactory, CatalogueFactory, DeviceFactory, DirectoryFactory, ProfileFactory, root
from ums.audit.models import Event
from ums.core.actor import SYSTEM
from ums.core.errors import AppError, Conflict, NotAllowed
from ums.devices.models import DirectoryKind, SettingsState
from ums.devices.services import When
from ums.profiles.content import MASK, catalogue_of, masked, unsealed
from ums.profiles.models import Assignment, Profile, Revision
from ums.profiles.services import (
    profile_create,
    profile_delete_for_good,
    profile_move,
    profile_roll_back,
    profile_save,
    profile_update,
    profiles_assign,
    profiles_unassign,
)

pytestmark = pytest.mark.django_db

SECRET = "hunter2-correct-horse"


def save(profile: Profile, values: dict[str, Any], **given: Any) -> Revision:
    """A save on top of the head."""
    profile.refresh_from_db()
    given = {"base": profile.head.number, "overwrite_sessions": False, "actor": SYSTEM, **given}  # type: ignore[union-attr]
    return profile_save(profile=profile, settings={"values": values, "instances": {}}, **given)


def waiting(*devices: Any) -> list[tuple[bool, bool]]:
    """(pending, deferred) of each."""
    rows = SettingsState.objects.in_bulk([device.pk for device in devices])
    return [(rows[device.pk].pending, rows[device.pk].deferred) for device in devices]


@pytest.fixture
def settled() -> Any:
    """Makes devices that have all their settings."""

    def make(**given: Any) -> Any:
        device = DeviceFactory(**given)
        SettingsState.objects.filter(pk=device.pk).update(pending=False)
        return device

    return make


def test_tree_decides_the_kind() -> None:
    made = [
        profile_create(actor=SYSTEM, name="A", directory=root(kind), based_on=CatalogueFactory())
        for kind in (DirectoryKind.PROFILE, DirectoryKind.PRIORITY_PROFILE)
    ]
    assert [profile.kind for profile in made] == ["standard", "priority"]
    assert [profile.head.number for profile in made if profile.head] == [1, 1]


def test_profile_does_not_lie_among_devices() -> None:
    with pytest.raises(AppError) as refused:
        profile_create(actor=SYSTEM, name="A", directory=root(), based_on=CatalogueFactory())
    assert refused.value.code == "directory_other_kind"


def test_each_save_is_a_revision_and_an_unchanged_one_is_none() -> None:
    profile = ProfileFactory()
    first = save(profile, {"system.volume": 10}, comment="Louder")
    assert (first.number, first.comment, first.author_name) == (2, "Louder", "system")
    assert save(profile, {"system.volume": "10"}) == first
    assert save(profile, {}).number == 3
    assert Event.objects.filter(action="profile.saved").count() == 2


def test_second_of_two_editors_gets_a_conflict_and_nothing_is_lost() -> None:
    profile = ProfileFactory()
    save(profile, {"system.volume": 10}, base=1)
    with pytest.raises(Conflict) as refused:
        save(profile, {"system.volume": 20}, base=1)
    assert refused.value.code == "profile_changed"
    profile.refresh_from_db()
    assert profile.head.content["values"] == {"system.volume": 10}


def test_refused_values_are_told_one_by_one() -> None:
    profile = ProfileFactory()
    settings = {
        "values": {"system.volume": 101, "no.such": 1, "system.timezone": "UTC"},
        "instances": {
            "1": {"class": "sessions.rdp%", "values": {"nothing": "x"}},
            "2": {"class": "display%", "values": {}},
        },
    }
    with pytest.raises(AppError) as refused:
        profile_save(actor=SYSTEM, profile=profile, settings=settings, overwrite_sessions=False, base=1)
    assert refused.value.code == "settings_invalid"
    assert refused.value.fields.keys() == {"system.volume", "no.such", "1:nothing", "2"}
    assert Revision.objects.filter(profile=profile).count() == 1


def test_secret_is_sealed_kept_and_never_told() -> None:
    profile = ProfileFactory()
    save(profile, {"system.password": SECRET})
    kept = save(profile, {"system.password": MASK, "system.volume": 3})
    catalogue = catalogue_of(profile.based_on)
    assert unsealed(catalogue, kept.content).values["system.password"] == SECRET
    assert masked(catalogue, kept.content).values["system.password"] == MASK
    save(profile, {"system.password": SECRET + "2"})
    rows = [*Revision.objects.values_list("content", flat=True), *Event.objects.values_list("before", "after")]
    assert SECRET not in json.dumps(rows)
    last = Event.objects.filter(action="profile.saved").first()
    assert last is not None and last.before["values"]["system.password"] == MASK


def test_empty_secret_is_a_value_and_clearing_takes_it_away() -> None:
    profile = ProfileFactory()
    catalogue = catalogue_of(profile.based_on)
    save(profile, {"system.password": SECRET})
    assert unsealed(catalogue, save(profile, {"system.password": ""}).content).values == {"system.password": ""}
    assert unsealed(catalogue, save(profile, {}).content).values == {}


def test_roll_back_is_a_new_revision_with_the_old_secret() -> None:
    profile = ProfileFactory()
    old = save(profile, {"system.password": SECRET}, overwrite_sessions=True)
    save(profile, {"system.volume": 1})
    new = profile_roll_back(actor=SYSTEM, profile=profile, revision=old)
    assert (new.number, new.overwrite_sessions, new.comment) == (4, True, "Rolled back to revision 2")
    assert unsealed(catalogue_of(profile.based_on), new.content).values == {"system.password": SECRET}


def test_save_marks_the_devices_that_have_it_and_no_others(settled: Any) -> None:
    directory = DirectoryFactory()
    below, beside, direct = settled(directory=DirectoryFactory(parent=directory)), settled(), settled()
    profile = ProfileFactory()
    AssignmentFactory(profile=profile, device=None, directory=directory)
    AssignmentFactory(profile=profile, device=direct)
    save(profile, {"system.volume": 10})
    assert waiting(below, beside, direct) == [(True, False), (False, False), (True, False)]


def test_deferred_change_waits_for_the_next_boot_and_is_taken_along_by_one_for_now(settled: Any) -> None:
    device, profile = settled(), ProfileFactory()
    AssignmentFactory(profile=profile, device=device)
    save(profile, {"system.volume": 10}, when=When.NEXT_BOOT)
    assert waiting(device) == [(True, True)]
    save(profile, {"system.volume": 11}, when=When.NOW)
    assert waiting(device) == [(True, False)]
    save(profile, {"system.volume": 12}, when=When.NEXT_BOOT)
    assert waiting(device) == [(True, False)], "what is on its way is not held back"


def test_assign_makes_what_is_missing_and_says_which() -> None:
    device, directory = DeviceFactory(), DirectoryFactory()
    one, two = ProfileFactory(), ProfileFactory()
    AssignmentFactory(profile=one, device=device)
    made = profiles_assign(actor=SYSTEM, profiles=[one, two], targets=[device, directory])
    assert {(row.profile_id, row.target) for row in made} == {
        (one.pk, directory),
        (two.pk, device),
        (two.pk, directory),
    }
    assert profiles_assign(actor=SYSTEM, profiles=[one, two], targets=[device, directory]) == []
    assert Event.objects.filter(action="profile.assigned").count() == 3


def test_assign_refuses_directories_of_profiles() -> None:
    with pytest.raises(AppError) as refused:
        profiles_assign(actor=SYSTEM, profiles=[ProfileFactory()], targets=[root(DirectoryKind.PROFILE)])
    assert refused.value.code == "target_other_kind"


def test_assign_needs_the_permission_on_both_sides(cast: Cast) -> None:
    own, elsewhere = cast.things["profile"], cast.things["elsewhere"]
    others = ProfileFactory(directory=cast.other[DirectoryKind.PROFILE])
    for profile, target in ((own, elsewhere), (others, cast.things["device"])):
        with pytest.raises(NotAllowed):
            profiles_assign(actor=cast.actor("admin"), profiles=[profile], targets=[target])
    with pytest.raises(NotAllowed):
        profiles_unassign(actor=cast.actor("reader"), assignments=[cast.things["assignment"]])
    assert Assignment.objects.count() == 1


def test_unassign_tells_what_was_joined_so_that_it_can_come_back(settled: Any) -> None:
    device, profile = settled(), ProfileFactory()
    assignment = AssignmentFactory(profile=profile, device=device)
    removed = profiles_unassign(actor=SYSTEM, assignments=[assignment])
    assert removed == [(profile, device)] and waiting(device) == [(True, False)]
    assert not Assignment.objects.exists()


def test_delete_for_good_marks_the_devices_and_takes_revisions_and_assignments_along(settled: Any) -> None:
    device, profile = settled(), ProfileFactory(values={"system.volume": 1})
    AssignmentFactory(profile=profile, device=device)
    profile_delete_for_good(actor=SYSTEM, profile=profile)
    assert waiting(device) == [(True, False)]
    assert (Profile.objects.count(), Revision.objects.count(), Assignment.objects.count()) == (0, 0, 0)


def test_move_stays_in_its_tree(cast: Cast) -> None:
    profile = cast.things["profile"]
    with pytest.raises(AppError) as refused:
        profile_move(actor=SYSTEM, profile=profile, directory=root(DirectoryKind.PRIORITY_PROFILE))
    assert refused.value.code == "directory_other_kind"
    with pytest.raises(NotAllowed):
        profile_move(actor=cast.actor("admin"), profile=profile, directory=cast.other[DirectoryKind.PROFILE])


def test_save_takes_as_many_queries_for_200_devices_as_for_one() -> None:
    counts = []
    save(ProfileFactory(), {"system.volume": 5})  # the catalogue is read once and remembered
    for devices in (1, 200):
        directory, profile = DirectoryFactory(), ProfileFactory()
        DeviceFactory.create_batch(devices, directory=directory)
        AssignmentFactory(profile=profile, device=None, directory=directory)
        with CaptureQueriesContext(connection) as queries:
            save(profile, {"system.volume": 5})
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_profile_that_is_deleted_meanwhile_is_told_and_is_no_defect() -> None:
    profile = ProfileFactory()
    Profile.objects.filter(pk=profile.pk).update(head=None)
    Profile.objects.filter(pk=profile.pk).delete()
    for change in (
        lambda: profile_save(actor=SYSTEM, profile=profile, settings={"values": {}}, overwrite_sessions=False, base=1),
        lambda: profile_update(actor=SYSTEM, profile=profile, name="B", description=""),
        lambda: profile_move(actor=SYSTEM, profile=profile, directory=root(DirectoryKind.PROFILE)),
        lambda: profile_roll_back(actor=SYSTEM, profile=profile, revision=Revision()),
        lambda: profiles_assign(actor=SYSTEM, profiles=[profile], targets=[root()]),
    ):
        with pytest.raises(Conflict) as refused:
            change()
        assert refused.value.code in ("profile_gone", "object_gone")


def test_new_profile_is_based_on_the_newest_catalogue() -> None:
    CatalogueFactory(name="Other", version="9.0")
    newest = CatalogueFactory(name="UMS Linux", version="1.10.0")
    CatalogueFactory(name="UMS Linux", version="1.9.0")
    made = profile_create(actor=SYSTEM, name="A", directory=root(DirectoryKind.PROFILE))
    assert made.based_on == newest


def test_assigning_takes_the_same_queries_for_one_pair_and_for_hundreds(cast: Cast) -> None:
    counts = []
    for size in (1, 1, 4):  # grants are read once
        profiles = ProfileFactory.create_batch(size, directory=cast.own[DirectoryKind.PROFILE])
        targets = [
            *DeviceFactory.create_batch(size, directory=cast.own[DirectoryKind.DEVICE]),
            *DirectoryFactory.create_batch(size, parent=cast.own[DirectoryKind.DEVICE]),
        ]
        with CaptureQueriesContext(connection) as assigning:
            made = profiles_assign(actor=cast.actor("admin"), profiles=profiles, targets=targets)
        assert len(made) == size * size * 2 and all(one.pk for one in made)
        with CaptureQueriesContext(connection) as removing:
            assert len(profiles_unassign(actor=cast.actor("admin"), assignments=made)) == len(made)
        counts.append((len(assigning), len(removing)))
    assert counts[1] == counts[2]
    assert Event.objects.filter(action="profile.assigned").count() == 2 + 2 + 32


def test_assignments_that_are_gone_are_not_removed_twice() -> None:
    assignment = AssignmentFactory()
    Assignment.objects.filter(pk=assignment.pk).delete()
    assert profiles_unassign(actor=SYSTEM, assignments=[assignment]) == []
    assert not Event.objects.filter(action="profile.unassigned").exists()
