"""Copies of profiles, and what a new profile begins with."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.urls import reverse

from tests.apps.asking import Api, text
from tests.cast import Cast
from tests.factories import AssignmentFactory, DeviceFactory, ProfileFactory, root
from ums.audit.models import Event
from ums.core.actor import SYSTEM
from ums.core.errors import Conflict
from ums.devices.models import DirectoryKind
from ums.devices.services import local_settings_write
from ums.profiles.content import catalogue_of, unsealed
from ums.profiles.models import Profile
from ums.profiles.services import profile_copy, profile_save

pytestmark = pytest.mark.django_db

CONTENT = {
    "values": {"system.volume": 7, "system.password": "hush", "system.kernel": {"expression": "${HOSTNAME}"}},
    "instances": {"s1": {"class": "sessions.rdp%", "values": {"name": "Hall"}}},
}


@pytest.fixture
def profile(cast: Cast) -> Profile:
    made: Profile = cast.things["profile"]
    profile_save(actor=SYSTEM, profile=made, settings=CONTENT, overwrite_sessions=True, base=1)
    return Profile.objects.get(pk=made.pk)


def content(profile: Profile) -> Any:
    profile = Profile.objects.select_related("head", "based_on").get(pk=profile.pk)
    assert profile.head is not None
    return unsealed(catalogue_of(profile.based_on), profile.head.content)


def test_copy_has_the_settings_and_instances_of_its_own(cast: Cast, profile: Profile) -> None:
    copy = profile_copy(actor=SYSTEM, profile=profile, directory=profile.directory, name="Copy")
    assert copy.head is not None and copy.head.number == 1 and copy.head.overwrite_sessions
    assert "Own profile" in copy.head.comment and not copy.assignments.exists()
    made, original = content(copy), content(profile)
    assert made.values == original.values and made.values["system.password"] == "hush"
    assert [one.values for one in made.instances.values()] == [{"name": "Hall"}]
    assert not made.instances.keys() & original.instances.keys()
    event = Event.objects.get(action="profile.copied")
    assert event.after == {"from": "Own profile", "from_id": profile.pk, "revision": 2}
    assert "hush" not in json.dumps([*Event.objects.values_list("before", "after")])


def test_copy_in_the_other_tree_is_of_the_other_kind_and_may_bring_assignments(cast: Cast, profile: Profile) -> None:
    directory = cast.own[DirectoryKind.PRIORITY_PROFILE]
    copy = profile_copy(actor=SYSTEM, profile=profile, directory=directory, name="Copy", with_assignments=True)
    assert copy.kind == "priority"
    assert [one.target for one in copy.assignments.all()] == [cast.things["device"]]


def test_secrets_come_along_for_those_who_may_write_the_original(cast: Cast, profile: Profile) -> None:
    hidden = ProfileFactory(directory=root(DirectoryKind.PROFILE))
    assert hidden.directory != profile.directory
    Profile.objects.filter(pk=profile.pk).update(directory=cast.other[DirectoryKind.PROFILE])
    assert Api(cast, "admin").ask("POST", f"profiles/{profile.pk}/copy/", {"name": "C"}).status == 404
    Profile.objects.filter(pk=profile.pk).update(directory=cast.own[DirectoryKind.PROFILE])
    made = Api(cast, "admin").ask("POST", f"profiles/{profile.pk}/copy/", {"name": "C"}).body
    assert content(Profile.objects.get(pk=made["id"])).values["system.password"] == "hush"


def test_copy_of_a_deleted_profile_is_told(profile: Profile) -> None:
    directory = profile.directory
    Profile.objects.filter(pk=profile.pk).update(head=None)
    with pytest.raises(Conflict):
        profile_copy(actor=SYSTEM, profile=profile, directory=directory, name="Copy")


def test_copy_dialog(cast: Cast, profile: Profile) -> None:
    client, url = cast.client("admin"), reverse("profiles:profile_copy", args=[profile.pk])
    assert "Own profile (copy)" in text(client.get(url))
    form = {"name": "Copy", "directory": cast.own[DirectoryKind.PRIORITY_PROFILE].pk, "with_assignments": "on"}
    response = client.post(url, form)
    copy = Profile.objects.get(name="Copy")
    assert json.loads(response["HX-Location"])["path"] == reverse("profiles:profile_detail", args=[copy.pk])
    assert client.post(url, {"name": "", "directory": form["directory"]}).status_code == 422


class TestStart:
    """What the dialog “New profile” begins with."""

    def create(self, cast: Cast, **given: Any) -> Any:
        form = {
            "name": "New",
            "directory": cast.own[DirectoryKind.PROFILE].pk,
            "based_on": cast.things["catalogue"].pk,
            **given,
        }
        return cast.client("admin").post(reverse("profiles:profile_create"), form)

    def test_nothing(self, cast: Cast) -> None:
        self.create(cast)
        assert content(Profile.objects.get(name="New")).values == {}

    def test_all_settings_at_their_defaults_without_secrets(self, cast: Cast) -> None:
        self.create(cast, start="all")
        values = content(Profile.objects.get(name="New")).values
        assert values["system.volume"] == 50 and values["display1.resolution"] == "auto"
        assert "system.password" not in values

    def test_a_profile(self, cast: Cast, profile: Profile) -> None:
        self.create(cast, start="profile", source=profile.pk)
        assert content(Profile.objects.get(name="New")).values == content(profile).values

    def test_a_device_without_its_secrets_and_defaults(self, cast: Cast, profile: Profile) -> None:
        device = DeviceFactory(
            directory=cast.own[DirectoryKind.DEVICE], firmware="Test Linux", firmware_version="1.0.0"
        )
        AssignmentFactory(profile=profile, device=device)
        local_settings_write(
            device_id=device.pk, content={"values": {"system.timezone": "Asia/Tokyo", "system.volume": 50}}
        )
        self.create(cast, start="device", source=device.pk)
        made = content(Profile.objects.get(name="New"))
        # The key of the kernel options has no value here, so the default counts.
        assert made.values == {"system.volume": 7, "system.timezone": "Asia/Tokyo"}
        assert [one.values for one in made.instances.values()] == [{"name": "Hall"}]

    def test_source_is_missing_or_hidden(self, cast: Cast) -> None:
        refused = self.create(cast, start="profile")
        assert refused.status_code == 422 and "Choose the profile" in refused.content.decode()
        assert self.create(cast, start="device", source=cast.things["elsewhere"].pk).status_code == 404
        page = text(cast.client("admin").get(reverse("profiles:start_candidates"), {"start": "device"}))
        assert "Own device" in page and "Another" not in page
