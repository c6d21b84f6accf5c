"""Assignments, asked and changed from the profile's side and from the device's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apps.imi.client import Imi
from tests.cast import Cast
from tests.factories import AssignmentFactory, DeviceFactory, DirectoryFactory, ProfileFactory, root
from ums.devices.models import DirectoryKind, SettingsState
from ums.profiles.models import Assignment, ProfileKind

BASE = "https://testserver/umsapi/v3"


def pair(profile: int | str, receiver: int | str, kind: str = "tc", assignee: str = "profile") -> dict[str, Any]:
    """One assignment as clients send it."""
    return {"assignee": {"id": profile, "type": assignee}, "receiver": {"id": receiver, "type": kind}}


def told(body: list[dict]) -> list[tuple[str, str, str, str, int]]:
    """Assignee, receiver and position of each element."""
    return [
        (
            one["assignee"]["type"],
            one["assignee"]["id"],
            one["receiver"]["type"],
            one["receiver"]["id"],
            one["assignmentPosition"],
        )
        for one in body
    ]


def test_a_device_has_inherited_ones_strongest_first(cast: Cast) -> None:
    top, below = cast.own[DirectoryKind.DEVICE], cast.things["directory"]
    device = DeviceFactory(directory=below)
    far, near, own, everywhere = (ProfileFactory() for _ in range(4))
    priority_far, priority_own = (ProfileFactory(kind=ProfileKind.PRIORITY) for _ in range(2))
    AssignmentFactory(profile=everywhere, device=None, directory=root())
    AssignmentFactory(profile=far, device=None, directory=top)
    AssignmentFactory(profile=near, device=None, directory=below)
    AssignmentFactory(profile=own, device=device)
    AssignmentFactory(profile=priority_far, device=None, directory=top)
    AssignmentFactory(profile=priority_own, device=device)
    AssignmentFactory(profile=ProfileFactory(kind=ProfileKind.UPDATE), device=device)
    status, body = Imi(cast.root).get(f"thinclients/{device.pk}/assignments/profiles")
    assert status == 200
    assert told(body) == [
        ("masterprofile", str(priority_far.pk), "tcdirectory", str(top.pk), 0),
        ("masterprofile", str(priority_own.pk), "tc", str(device.pk), 1),
        ("profile", str(own.pk), "tc", str(device.pk), 2),
        ("profile", str(near.pk), "tcdirectory", str(below.pk), 3),
        ("profile", str(far.pk), "tcdirectory", str(top.pk), 4),
        ("profile", str(everywhere.pk), "tcdirectory", "-1", 5),
    ]
    assert body[3]["links"] == [
        {"rel": "assigned", "href": f"{BASE}/profiles/{near.pk}"},
        {"rel": "receiver", "href": f"{BASE}/directories/tcdirectories/{below.pk}"},
        {"rel": "self", "href": f"{BASE}/profiles/{near.pk}/assignments/tcdirectories/{below.pk}"},
    ]
    directory = Imi(cast.root).get(f"directories/tcdirectories/{below.pk}/assignments/profiles").body
    assert told(directory) == [
        ("masterprofile", str(priority_far.pk), "tcdirectory", str(top.pk), 0),
        ("profile", str(near.pk), "tcdirectory", str(below.pk), 1),
        ("profile", str(far.pk), "tcdirectory", str(top.pk), 2),
        ("profile", str(everywhere.pk), "tcdirectory", "-1", 3),
    ]


@pytest.mark.parametrize("assignee", ["profile", "masterprofile"])
def test_assigned_to_devices_and_directories_and_taken_away(cast: Cast, assignee: str) -> None:
    kind = ProfileKind.STANDARD if assignee == "profile" else ProfileKind.PRIORITY
    profile, device, below = ProfileFactory(kind=kind), cast.things["device"], cast.things["directory"]
    imi, path = Imi(cast.root), f"{assignee}s/{profile.pk}/assignments"
    SettingsState.objects.update(pending=False)
    answer = imi.put(f"{path}/thinclients", [pair(profile.pk, device.pk, assignee=assignee)])
    assert answer == (200, {"message": f"1 asssignments successfully assigned to thinclient <{profile.pk}>"})
    assert SettingsState.objects.get(device=device).pending
    both = [
        pair(str(profile.pk), str(below.pk), "tcdirectory", assignee),
        pair(str(profile.pk), "-1", "tcdirectory", assignee),
    ]
    answer = imi.put(f"{path}/tcdirectories/", both)
    assert answer.body == {"message": f"2 asssignments successfully assigned to thinclient directory <{profile.pk}>"}
    # What is there already stays as it is, and is no error.
    assert imi.put(f"{path}/tcdirectories/", both).status == 200
    assert told(imi.get(f"{path}/thinclients").body) == [(assignee, str(profile.pk), "tc", str(device.pk), 0)]
    assert told(imi.get(f"{path}/tcdirectories").body) == [
        (assignee, str(profile.pk), "tcdirectory", str(below.pk), 0),
        (assignee, str(profile.pk), "tcdirectory", "-1", 1),
    ]
    for receiver in (f"thinclients/{device.pk}", f"tcdirectories/{below.pk}", "tcdirectories/-1"):
        assert imi.delete(f"{path}/{receiver}") == (200, {"message": "deleted profile assignment"})
        assert imi.delete(f"{path}/{receiver}").code == "ITG-0A021"
    assert not Assignment.objects.filter(profile=profile).exists()


def test_profiles_assigned_to_one_device_or_directory(cast: Cast) -> None:
    standard, priority = ProfileFactory(), ProfileFactory(kind=ProfileKind.PRIORITY)
    device, below, imi = cast.things["device"], cast.things["directory"], Imi(cast.root)
    both = [pair(standard.pk, device.pk), pair(priority.pk, device.pk, assignee="masterprofile")]
    answer = imi.put(f"thinclients/{device.pk}/assignments/profiles", both)
    assert answer == (200, {"message": f"2 asssignments successfully assigned to thinclient <{device.pk}>"})
    answer = imi.put(
        f"directories/tcdirectories/{below.pk}/assignments/profiles/", [pair(standard.pk, below.pk, "tcdirectory")]
    )
    assert answer.body == {"message": f"1 asssignments successfully assigned to thinclient directory <{below.pk}>"}
    assert Assignment.objects.filter(profile__in=[standard, priority]).count() == 3


def test_refused_and_nothing_is_half_done(cast: Cast) -> None:
    profile, device, imi = ProfileFactory(), cast.things["device"], Imi(cast.root)
    below = cast.things["directory"]
    path = f"profiles/{profile.pk}/assignments"

    def code(where: str, *pairs: Any) -> str:
        return imi.put(where, list(pairs)).code

    good = pair(profile.pk, device.pk)
    assert code(f"{path}/thinclients") == "ITG-0A012"
    assert code(f"{path}/thinclients", good, pair(profile.pk, 424242)) == "ITG-0A019"
    assert code(f"{path}/thinclients", good, pair(profile.pk, 2**40)) == "ITG-0A019"
    assert code(f"{path}/thinclients", pair(profile.pk, below.pk, "tcdirectory")) == "ITG-0A019"
    assert code(f"{path}/thinclients", pair(profile.pk, device.pk, "printer")) == "ITG-0A019"
    assert code(f"{path}/thinclients", {"assignee": good["assignee"]}) == "ITG-0A019"
    assert code(f"{path}/thinclients", {**good, "receiver": [1]}) == "ITG-0A019"
    assert code(f"{path}/thinclients", {**good, "receiver": {"type": "tc"}}) == "ITG-0A010"
    assert code(f"{path}/thinclients", {"receiver": good["receiver"]}) == "ITG-0A021"
    assert code(f"{path}/thinclients", pair(profile.pk + 1, device.pk)) == "ITG-0A021"
    assert code(f"{path}/thinclients", pair(profile.pk, device.pk, assignee="masterprofile")) == "ITG-0A021"
    assert code(f"{path}/tcdirectories", pair(profile.pk, root().pk, "tcdirectory")) == "ITG-0A019"
    assert code("profiles/424242/assignments/thinclients", pair(424242, device.pk)) == "ITG-0A001"
    on_device = f"thinclients/{device.pk}/assignments/profiles"
    assert code(on_device, pair(profile.pk, device.pk + 1)) == "ITG-0A019"
    assert code(on_device, pair(424242, device.pk)) == "ITG-0A021"
    assert code("thinclients/424242/assignments/profiles", pair(profile.pk, 424242)) == "ITG-0A001"
    assert code("directories/tcdirectories/424242/assignments/profiles", good) == "ITG-0A002"
    assert imi.get("thinclients/424242/assignments/profiles").code == "ITG-0A001"
    assert imi.get("directories/tcdirectories/424242/assignments/profiles").code == "ITG-0A002"
    assert imi.delete(f"{path}/thinclients/424242").code == "ITG-0A019"
    assert not Assignment.objects.filter(profile=profile).exists()


def test_permissions_are_those_of_the_console(cast: Cast) -> None:
    profile, device, elsewhere = cast.things["profile"], cast.things["device"], cast.things["elsewhere"]
    Assignment.objects.all().delete()
    path = f"profiles/{profile.pk}/assignments/thinclients"
    assert Imi(cast.reader).put(path, [pair(profile.pk, device.pk)]).code == "ITG-0B005"
    assert Imi(cast.admin).put(path, [pair(profile.pk, elsewhere.pk)]).code == "ITG-0A019"
    assert Imi(cast.stranger).get(f"thinclients/{device.pk}/assignments/profiles").code == "ITG-0A001"
    assert Imi(cast.admin).put(path, [pair(profile.pk, device.pk)]).status == 200
    assert Imi(cast.reader).delete(f"{path}/{device.pk}").code == "ITG-0B005"
    AssignmentFactory(profile=profile, device=elsewhere)
    # Of the receivers each sees those that it may read.
    assert len(Imi(cast.admin).get(path).body) == 1
    assert len(Imi(cast.root).get(path).body) == 2
    assert Imi(cast.admin).delete(f"{path}/{elsewhere.pk}").code == "ITG-0A019"
    assert Assignment.objects.filter(profile=profile).count() == 2


def test_the_same_few_queries_however_many(cast: Cast, django_assert_max_num_queries) -> None:
    profile = ProfileFactory(directory=cast.own[DirectoryKind.PROFILE])
    devices = [DeviceFactory(directory=cast.own[DirectoryKind.DEVICE]) for _ in range(20)]
    directories = [DirectoryFactory(parent=cast.own[DirectoryKind.DEVICE]) for _ in range(20)]
    imi = Imi(cast.admin)
    with django_assert_max_num_queries(45):
        answer = imi.put(
            f"profiles/{profile.pk}/assignments/thinclients", [pair(profile.pk, device.pk) for device in devices]
        )
    assert answer.status == 200
    body = [pair(profile.pk, directory.pk, "tcdirectory") for directory in directories]
    assert imi.put(f"profiles/{profile.pk}/assignments/tcdirectories", body).status == 200
    with django_assert_max_num_queries(12):
        assert len(imi.get(f"profiles/{profile.pk}/assignments/tcdirectories").body) == 20
    with django_assert_max_num_queries(12):
        assert len(imi.get(f"profiles/{profile.pk}/assignments/thinclients").body) == 20
