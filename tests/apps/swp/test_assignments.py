"""Assigning profiles to users, groups and OUs; rows of the objects of directories. No directory is asked here."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from swp.ldap.types import ObjectKind
from swp.models import DirectoryObject, LinkedDirectory, UserAssignment
from swp.services import objects_seen, user_assignments_add, user_assignments_remove
from tests.cast import Cast
from tests.factories import DeviceFactory, GrantFactory, ProfileFactory, RevisionFactory, UserFactory
from tests.factories.swp import (
    DirectoryObjectFactory,
    LinkedDirectoryFactory,
    SessionFactory,
    UserAssignmentFactory,
    entry,
)
from ums.audit.models import Event
from ums.core.access import Action
from ums.core.actor import SYSTEM, Actor
from ums.core.errors import AppError, Conflict, NotAllowed
from ums.devices.models import SettingsState
from ums.devices.services import When
from ums.profiles.models import ProfileKind
from ums.profiles.services import profile_delete

pytestmark = pytest.mark.django_db


def pending(device: Any) -> tuple[bool, bool]:
    """(pending, deferred)."""
    row = SettingsState.objects.get(pk=device.pk)
    return row.pending, row.deferred


def settled(**given: Any) -> Any:
    """A session on a device that has all its settings."""
    session = SessionFactory(**given)
    SettingsState.objects.filter(pk=session.device_id).update(pending=False)
    return session


def test_objects_are_made_and_then_brought_up_to_date() -> None:
    directory = LinkedDirectoryFactory()
    ada = entry("Ada", sid="S-1-5-21-1-2-3-1000")
    first = objects_seen(directory=directory, entries=[ada])[ada.guid]
    DirectoryObject.objects.update(gone_at=first.seen_at)

    renamed = entry("Ada Lovelace", guid=ada.guid, dn="CN=Ada Lovelace,OU=Staff,DC=corp,DC=test")
    rows = objects_seen(directory=directory, entries=[renamed, entry("Bob"), renamed])

    again = DirectoryObject.objects.get(guid=ada.guid)
    assert rows[ada.guid].pk == again.pk == first.pk
    assert (again.name, again.dn, again.gone_at) == (renamed.name, renamed.dn, None)
    assert {row.pk for row in rows.values()} == set(DirectoryObject.objects.values_list("pk", flat=True))


def test_one_guid_in_two_directories_is_two_rows() -> None:
    one = entry("Ada")
    for directory in (LinkedDirectoryFactory(), LinkedDirectoryFactory()):
        objects_seen(directory=directory, entries=[one])
    assert DirectoryObject.objects.filter(guid=one.guid).count() == 2


def test_names_that_no_column_takes_are_cut() -> None:
    strange = entry("a\0b" + "x" * 2000, account="y" * 300)
    row = objects_seen(directory=LinkedDirectoryFactory(), entries=[strange])[strange.guid]
    row.refresh_from_db()
    assert row.name.startswith("a\ufffdb")
    assert (len(row.name), len(row.account)) == (1000, 256)


def test_assigning_marks_the_devices_of_those_whom_it_reaches_and_no_others() -> None:
    group = DirectoryObjectFactory(kind=ObjectKind.GROUP.value)
    member, other = settled(groups=[group]), settled()
    empty = DeviceFactory()
    SettingsState.objects.filter(pk=empty.pk).update(pending=False)

    made = user_assignments_add(actor=SYSTEM, profiles=[ProfileFactory()], objects=[group])

    assert [pending(one) for one in (member.device, other.device, empty)] == [(True, False)] + [(False, False)] * 2
    assert [(one.profile_id, one.target_id) for one in made] == list(
        UserAssignment.objects.values_list("profile_id", "target_id")
    )
    event = Event.objects.get(action="profile.user_assigned")
    assert event.after == {"target": "group", "id": group.pk, "name": group.name, "directory": str(group.directory)}


def test_ou_of_another_domain_with_the_same_guid_reaches_as_well() -> None:
    guid = uuid4()
    here, there = (DirectoryObjectFactory(kind=ObjectKind.OU.value, guid=guid) for _ in range(2))
    session = settled(ous=[here])
    user_assignments_add(actor=SYSTEM, profiles=[ProfileFactory()], objects=[there], when=When.NEXT_BOOT)
    assert pending(session.device) == (True, True)


def test_what_is_assigned_already_stays() -> None:
    old = UserAssignmentFactory()
    profile = ProfileFactory()
    made = user_assignments_add(actor=SYSTEM, profiles=[old.profile, profile], objects=[old.target])
    assert [one.profile for one in made] == [profile]


def test_removing_tells_what_it_joined_and_marks() -> None:
    session = settled()
    gone, stays = (UserAssignmentFactory(target=session.user) for _ in range(2))
    UserAssignment.objects.filter(pk=gone.pk).delete()
    removed = user_assignments_remove(actor=SYSTEM, assignments=[gone, stays])
    assert removed == [(stays.profile, session.user)]
    assert pending(session.device) == (True, False)
    assert not UserAssignment.objects.exists()
    assert Event.objects.get(action="profile.user_unassigned").before["name"] == session.user.name


@pytest.mark.parametrize("kind", [ProfileKind.CUSTOMIZATION, ProfileKind.UPDATE])
def test_users_have_standard_and_priority_profiles_only(kind: ProfileKind) -> None:
    with pytest.raises(AppError) as refused:
        user_assignments_add(actor=SYSTEM, profiles=[ProfileFactory(kind=kind)], objects=[DirectoryObjectFactory()])
    assert refused.value.code == "profile_not_for_users"


def test_template_keys_are_for_devices() -> None:
    profile = ProfileFactory()
    profile.head = RevisionFactory(profile=profile, template_keys=["SITE"])
    profile.save()
    with pytest.raises(AppError, match="SITE") as refused:
        user_assignments_add(actor=SYSTEM, profiles=[profile], objects=[DirectoryObjectFactory()])
    assert refused.value.code == "template_not_for_users"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"kind": ObjectKind.CONTAINER.value}, "target_other_kind"),
        ({"directory__kind": LinkedDirectory.Kind.LDAP}, "directory_not_for_users"),
    ],
)
def test_what_is_no_target_is_refused(given: dict[str, Any], code: str) -> None:
    with pytest.raises(AppError) as refused:
        user_assignments_add(actor=SYSTEM, profiles=[ProfileFactory()], objects=[DirectoryObjectFactory(**given)])
    assert refused.value.code == code


def test_what_is_gone_is_a_conflict() -> None:
    profile, one = ProfileFactory(), DirectoryObjectFactory()
    DirectoryObject.objects.filter(pk=one.pk).update(gone_at=one.seen_at)
    with pytest.raises(Conflict, match="not in its directory"):
        user_assignments_add(actor=SYSTEM, profiles=[profile], objects=[one])
    profile_delete(actor=SYSTEM, profile=profile)
    with pytest.raises(Conflict) as refused:
        user_assignments_add(actor=SYSTEM, profiles=[profile], objects=[DirectoryObjectFactory()])
    assert refused.value.code == "in_recycle_bin"


def test_needs_both_permissions(cast: Cast) -> None:
    profile, one = ProfileFactory(directory=cast.own["profile"]), DirectoryObjectFactory()
    with pytest.raises(NotAllowed, match="Shared Workplace users"):
        user_assignments_add(actor=Actor.of(cast.admin), profiles=[profile], objects=[one])
    lone = UserFactory()
    GrantFactory(user=lone, action=Action.USERS, directory=None)
    with pytest.raises(NotAllowed, match="Assign profiles"):
        user_assignments_add(actor=Actor.of(lone), profiles=[profile], objects=[one])
    GrantFactory(user=cast.admin, action=Action.USERS, directory=None)
    admin = type(cast.admin).objects.get(pk=cast.admin.pk)
    assert len(user_assignments_add(actor=Actor.of(admin), profiles=[profile], objects=[one])) == 1


def test_queries_do_not_grow(django_assert_max_num_queries: Any) -> None:
    profiles = [ProfileFactory() for _ in range(5)]
    objects = [settled().user for _ in range(5)]
    with django_assert_max_num_queries(14):
        user_assignments_add(actor=SYSTEM, profiles=profiles, objects=objects)
