"""The recycle bin: deleted profiles count for nothing, keep their assignments, and come back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast
from tests.factories import AssignmentFactory, DirectoryFactory, ProfileFactory, UserFactory, root
from ums.audit.models import Event
from ums.core.actor import SYSTEM, Actor
from ums.core.errors import AppError, Conflict, NotAllowed
from ums.devices.models import Directory, DirectoryKind
from ums.devices.services import directory_delete
from ums.profiles.models import Assignment, Profile, Revision
from ums.profiles.selectors import assignment_list, profile_any, profile_bin, profile_list
from ums.profiles.services import (
    profile_create,
    profile_delete,
    profile_delete_for_good,
    profile_move,
    profile_restore,
    profile_roll_back,
    profile_save,
    profile_update,
    profiles_assign,
    recycle_bin_empty,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Any:
    return UserFactory(is_superuser=True)


def test_a_deleted_profile_keeps_its_assignments_and_leaves_the_lists(cast: Cast) -> None:
    profile, user = cast.things["profile"], cast.root
    profile_delete(actor=cast.actor("admin"), profile=profile)
    assert Assignment.objects.filter(profile=profile).count() == 1
    assert profile not in profile_list(user=user) and profile in profile_bin(user=user)
    assert profile in profile_any(user=user)
    assert not assignment_list(user=user).filter(profile=profile).exists()
    row: Any = profile_bin(user=user).get(pk=profile.pk)
    assert (row.deleted_by, row.assignment_count) == ("admin", 1) and row.deleted_at


def test_deleting_and_restoring_mark_the_devices(cast: Cast) -> None:
    device, profile = cast.things["device"], cast.things["profile"]
    for service in (profile_delete, profile_restore):
        before = device.state.seq
        service(actor=SYSTEM, profile=profile)
        device.state.refresh_from_db()
        assert device.state.seq > before
    assert list(Event.objects.order_by("pk").values_list("action", flat=True))[-2:] == [
        "profile.recycled",
        "profile.restored",
    ]
    profile.refresh_from_db()
    assert (profile.deleted_at, profile.deleted_by) == (None, "")


def test_deleting_for_good_from_the_bin_concerns_no_device(cast: Cast) -> None:
    device, profile = cast.things["device"], cast.things["profile"]
    profile_delete(actor=SYSTEM, profile=profile)
    device.state.refresh_from_db()
    before = device.state.seq
    profile_delete_for_good(actor=SYSTEM, profile=profile)
    device.state.refresh_from_db()
    assert device.state.seq == before
    assert not Profile.objects.filter(pk=profile.pk).exists()
    assert not Revision.objects.filter(profile=profile.pk).exists()


EMPTY: dict[str, Any] = {"values": {}, "instances": {}}
CHANGES: list[Callable[[Profile, Directory], Any]] = [
    lambda one, to: profile_update(actor=SYSTEM, profile=one, name="New", description=""),
    lambda one, to: profile_move(actor=SYSTEM, profile=one, directory=one.directory),
    lambda one, to: profile_save(actor=SYSTEM, profile=one, settings=EMPTY, overwrite_sessions=True, base=1),
    lambda one, to: profile_roll_back(actor=SYSTEM, profile=one, revision=one.head),  # type: ignore[arg-type]
    lambda one, to: profiles_assign(actor=SYSTEM, profiles=[one], targets=[to]),
    lambda one, to: profile_delete(actor=SYSTEM, profile=one),
]


@pytest.mark.parametrize("change", CHANGES, ids=["update", "move", "save", "roll back", "assign", "delete again"])
def test_in_the_bin_nothing_can_be_changed(change: Callable[[Profile, Directory], Any]) -> None:
    profile = ProfileFactory()
    profile_delete(actor=SYSTEM, profile=profile)
    with pytest.raises(AppError) as refused:
        change(Profile.objects.get(pk=profile.pk), root())
    assert refused.value.code == "in_recycle_bin"


def test_only_what_lies_in_the_bin_is_restored() -> None:
    with pytest.raises(Conflict) as refused:
        profile_restore(actor=SYSTEM, profile=ProfileFactory())
    assert refused.value.code == "not_in_recycle_bin"


def test_what_is_gone_for_good_is_told() -> None:
    profile = ProfileFactory()
    stale = Profile.objects.get(pk=profile.pk)
    profile_delete_for_good(actor=SYSTEM, profile=profile)
    for service in (profile_delete, profile_restore, profile_delete_for_good):
        with pytest.raises(Conflict) as refused:
            service(actor=SYSTEM, profile=stale)
        assert refused.value.code == "profile_gone"


def test_a_directory_with_deleted_profiles_can_go_and_they_come_back_to_the_root() -> None:
    directory = DirectoryFactory(kind=DirectoryKind.CUSTOMIZATION)
    profile = ProfileFactory(kind="customization", use_case="wallpaper", directory=directory)
    with pytest.raises(Conflict):
        directory_delete(actor=SYSTEM, directory=directory)
    profile_delete(actor=SYSTEM, profile=profile)
    directory_delete(actor=SYSTEM, directory=directory)
    restored = profile_restore(actor=SYSTEM, profile=profile)
    assert restored.directory == root(DirectoryKind.CUSTOMIZATION)


def test_emptying_takes_what_one_may_write(cast: Cast) -> None:
    own = ProfileFactory(directory=cast.own[DirectoryKind.PROFILE])
    others = ProfileFactory(directory=cast.other[DirectoryKind.PROFILE])
    for profile in (own, others):
        profile_delete(actor=SYSTEM, profile=profile)
    assert recycle_bin_empty(actor=cast.actor("admin")) == 2, "that one, and the one of the cast"
    assert list(Profile.objects.filter(deleted_at__isnull=False)) == [others]
    assert recycle_bin_empty(actor=SYSTEM) == 1


def test_writing_is_needed(cast: Cast) -> None:
    profile, reader = cast.things["profile"], cast.actor("reader")
    services: list[Callable[..., Any]] = [profile_delete, profile_restore, profile_delete_for_good]
    for service in services:
        with pytest.raises(NotAllowed):
            service(actor=reader, profile=profile)
    assert recycle_bin_empty(actor=reader) == 0


def test_the_same_name_may_be_used_meanwhile(admin: Any) -> None:
    profile = ProfileFactory(name="Kiosk")
    AssignmentFactory(profile=profile)
    profile_delete(actor=SYSTEM, profile=profile)
    again = profile_create(actor=Actor.of(admin), name="Kiosk", directory=profile.directory, based_on=profile.based_on)
    profile_restore(actor=SYSTEM, profile=profile)
    assert {one.pk for one in profile_list(user=admin).filter(name="Kiosk")} == {profile.pk, again.pk}


def test_in_the_api(cast: Cast) -> None:
    client, profile = cast.client("admin"), cast.things["profile"]
    url, listed = f"/api/v1/profiles/{profile.pk}/", "/api/v1/profiles/"
    ids = lambda query: [one["id"] for one in client.get(listed, query).json()["items"]]  # noqa: E731
    assert client.delete(url).status_code == 204
    assert profile.pk not in ids({}) and profile.pk in ids({"deleted": "true"})
    assert client.get(url).json()["deleted_by"] == "admin"
    again = client.delete(url)
    assert (again.status_code, again.json()["code"]) == (409, "in_recycle_bin")
    restored = client.post(f"{url}restore/", "{}", content_type="application/json")
    assert (restored.status_code, restored.json()["deleted_at"]) == (200, None)
    assert client.delete(f"{url}?permanent=true").status_code == 204
    assert client.get(url).status_code == 404 and not Profile.objects.filter(pk=profile.pk).exists()
