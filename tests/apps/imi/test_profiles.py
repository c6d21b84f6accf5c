"""Profiles and priority profiles."""

from __future__ import annotations

import re

from django.utils import timezone

from tests.apps.imi.client import Imi
from tests.cast import Cast
from tests.factories import DirectoryFactory, ProfileFactory, RevisionFactory
from ums.devices.models import DirectoryKind
from ums.profiles.models import Profile, ProfileKind


def test_a_profile_as_clients_read_it(cast: Cast) -> None:
    profile = cast.things["profile"]
    status, body = Imi(cast.root).get(f"profiles/{profile.pk}")
    base = "https://testserver/umsapi/v3"
    assert status == 200
    assert body == {
        "firmwareID": str(profile.based_on_id),
        "isMasterProfile": False,
        "overridesSessions": False,
        "id": str(profile.pk),
        "name": "Own profile",
        "parentID": str(profile.directory_id),
        "movedToBin": False,
        "objectType": "profile",
        "links": [
            {"rel": "self", "href": f"{base}/profiles/{profile.pk}"},
            {"rel": "Parent", "href": f"{base}/directories/profiledirectories/{profile.directory_id}"},
            {"rel": "Firmware", "href": f"{base}/firmwares/{profile.based_on_id}"},
        ],
    }
    assert list(body)[:3] == ["firmwareID", "isMasterProfile", "overridesSessions"]


def test_the_two_kinds_are_apart_and_roots_have_numbers(cast: Cast) -> None:
    imi = Imi(cast.root)
    standard, priority = ProfileFactory(name="At the top"), ProfileFactory(name="Above", kind=ProfileKind.PRIORITY)
    priority.head = RevisionFactory(profile=priority, overwrite_sessions=True)
    priority.save()
    plain = {one["id"]: one for one in imi.get("profiles").body}
    master = {one["id"]: one for one in imi.get("masterprofiles").body}
    assert not plain.keys() & master.keys()
    top, above = plain[str(standard.pk)], master[str(priority.pk)]
    assert (top["parentID"], top["links"][1]["href"], top["objectType"]) == ("-2", "root", "profile")
    assert (above["parentID"], above["objectType"]) == ("-14", "masterprofile")
    assert above["isMasterProfile"] is True
    assert above["overridesSessions"] is True
    assert imi.get(f"profiles/{priority.pk}").code == "ITG-0A001"
    assert imi.get(f"masterprofiles/{priority.pk}").status == 200


def test_other_kinds_of_profiles_are_unknown_here(cast: Cast) -> None:
    update = ProfileFactory(kind=ProfileKind.UPDATE)
    imi = Imi(cast.root)
    assert str(update.pk) not in {one["id"] for path in ("profiles", "masterprofiles") for one in imi.get(path).body}
    assert imi.get(f"profiles/{update.pk}").code == "ITG-0A001"


def test_renaming_keeps_the_description_and_deleting_is_for_good(cast: Cast) -> None:
    profile = cast.things["profile"]
    Profile.objects.filter(pk=profile.pk).update(description="For wards")
    imi = Imi(cast.admin)
    assert imi.put(f"profiles/{profile.pk}", {"name": " Wards "}) == (200, {"message": "Update successful"})
    profile.refresh_from_db()
    assert (profile.name, profile.description) == ("Wards", "For wards")
    answer = imi.delete(f"profiles/{profile.pk}")
    assert answer.status == 200
    assert re.fullmatch(r"Deleted profile with id \d+", answer.body["message"])
    assert not Profile.objects.filter(pk=profile.pk).exists()
    priority = cast.things["priority_profile"]
    assert imi.delete(f"masterprofiles/{priority.pk}").body == {"message": f"Deleted profile with id {priority.pk}"}


def test_in_the_recycle_bin_it_is_listed_and_nothing_can_be_done_with_it(cast: Cast) -> None:
    binned, imi = cast.things["deleted_profile"], Imi(cast.admin)
    assert {one["id"]: one["movedToBin"] for one in imi.get("profiles").body}[str(binned.pk)] is True
    assert imi.get(f"profiles/{binned.pk}").body["movedToBin"] is True
    assert imi.put(f"profiles/{binned.pk}", {"name": "x"}).code == "ITG-0A022"
    assert imi.delete(f"profiles/{binned.pk}").code == "ITG-0A022"
    pair = {
        "assignee": {"id": binned.pk, "type": "profile"},
        "receiver": {"id": cast.things["device"].pk, "type": "tc"},
    }
    assert imi.put(f"profiles/{binned.pk}/assignments/thinclients", [pair]).code == "ITG-0A022"
    assert imi.put(f"thinclients/{cast.things['device'].pk}/assignments/profiles", [pair]).code == "ITG-0A022"
    binned.refresh_from_db()
    assert binned.deleted_at <= timezone.now()


def test_permissions_are_those_of_the_console(cast: Cast) -> None:
    there, elsewhere = cast.things["profile"], ProfileFactory(directory=cast.other[DirectoryKind.PROFILE])
    admin, reader, stranger = Imi(cast.admin), Imi(cast.reader), Imi(cast.stranger)
    assert stranger.get("profiles").body == []
    assert str(elsewhere.pk) not in {one["id"] for one in admin.get("profiles").body}
    for imi in (admin, reader):
        assert imi.get(f"profiles/{elsewhere.pk}").code == "ITG-0A001"
        assert imi.put(f"profiles/{elsewhere.pk}", {"name": "x"}).code == "ITG-0A001"
        assert imi.delete(f"profiles/{elsewhere.pk}").code == "ITG-0A001"
    assert reader.get(f"profiles/{there.pk}").status == 200
    assert reader.put(f"profiles/{there.pk}", {"name": "x"}).code == "ITG-0B005"
    assert reader.delete(f"profiles/{there.pk}").code == "ITG-0B005"


def test_lists_take_the_same_few_queries_however_long(cast: Cast, django_assert_max_num_queries) -> None:
    for number in range(30):
        below = DirectoryFactory(kind=DirectoryKind.PROFILE, parent=cast.own[DirectoryKind.PROFILE])
        ProfileFactory(directory=below, name=f"P{number}")
    imi = Imi(cast.admin)
    with django_assert_max_num_queries(12):
        assert len(imi.get("profiles").body) > 30
    with django_assert_max_num_queries(12):
        assert len(imi.get("directories/profiledirectories?facets=children").body) > 30
