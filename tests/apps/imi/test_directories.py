"""Directories of the three trees, and moving what is in them."""

from __future__ import annotations

import pytest

from tests.apps.imi.client import Imi
from tests.cast import Cast
from tests.factories import DeviceFactory, DirectoryFactory, GrantFactory, ProfileFactory, UserFactory, root
from ums.core.access import Action
from ums.devices.models import Device, Directory, DirectoryKind, SettingsState
from ums.imi.moves import AT_ONCE
from ums.imi.trees import TREES, Tree
from ums.profiles.models import ProfileKind

BASE = "https://testserver/umsapi/v3"
EACH = pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.path)


def by_id(answer: tuple[int, list[dict]]) -> dict[str, dict]:
    """The elements of a list by their ids."""
    assert answer[0] == 200, answer
    return {one["id"]: one for one in answer[1]}


@EACH
def test_the_list_is_flat_and_without_the_root(cast: Cast, tree: Tree) -> None:
    top = cast.own[tree.kind]
    below = DirectoryFactory(kind=tree.kind, parent=top, name="Deeper")
    found = by_id(Imi(cast.root).get(f"directories/{tree.path}"))
    assert str(root(tree.kind).pk) not in found
    assert found[str(top.pk)] == {
        "id": str(top.pk),
        "name": "Own",
        "parentID": str(tree.root),
        "movedToBin": False,
        "objectType": tree.type,
        "links": [
            {"rel": "self", "href": f"{BASE}/directories/{tree.path}/{top.pk}"},
            {"rel": "Parent", "href": "root"},
        ],
    }
    assert found[str(below.pk)]["parentID"] == str(top.pk)
    assert Imi(cast.root).get(f"directories/{tree.path}/{below.pk}").body == found[str(below.pk)]


def test_children_come_first_directories_before_objects(cast: Cast) -> None:
    top, device = cast.own[DirectoryKind.DEVICE], cast.things["device"]
    below = cast.things["directory"]
    imi = Imi(cast.root)
    one = imi.get(f"directories/tcdirectories/{top.pk}?facets=children").body
    assert next(iter(one)) == "DirectoryChildren"
    assert one["DirectoryChildren"] == [
        {
            "objectType": "tcdirectory",
            "id": str(below.pk),
            "link": {"rel": "tcdirectory", "href": f"{BASE}/directories/tcdirectories/{below.pk}"},
        },
        {
            "objectType": "tc",
            "id": str(device.pk),
            "link": {"rel": "tc", "href": f"{BASE}/thinclients/{device.pk}"},
        },
    ]
    assert by_id(imi.get("directories/tcdirectories?facets=children"))[str(top.pk)] == one
    assert by_id(imi.get("directories/tcdirectories?facets=children"))[str(below.pk)]["DirectoryChildren"] == []
    profiles = imi.get(f"directories/profiledirectories/{cast.own['profile'].pk}?facets=children").body
    # What lies in the recycle bin lies in no directory.
    assert [child["id"] for child in profiles["DirectoryChildren"]] == [str(cast.things["profile"].pk)]


def test_what_lies_below_a_hidden_directory_is_at_the_root(cast: Cast) -> None:
    below = cast.things["directory"]
    user = UserFactory()
    GrantFactory(user=user, action=Action.BROWSE, directory=below)
    imi = Imi(user)
    found = by_id(imi.get("directories/tcdirectories"))
    assert {pk: one["parentID"] for pk, one in found.items()} == {str(below.pk): "-1"}
    assert imi.get(f"directories/tcdirectories/{below.pk}").body == found[str(below.pk)]
    assert imi.get(f"directories/tcdirectories/{below.parent_id}").code == "ITG-0A002"
    # It may be browsed, not read: no device of it is told.
    assert imi.get("directories/tcdirectories?facets=children").body[0]["DirectoryChildren"] == []


@EACH
def test_made_renamed_and_deleted(cast: Cast, tree: Tree) -> None:
    imi = Imi(cast.root)
    status, body = imi.put(f"directories/{tree.path}", {"name": "Ward 3"})
    assert status == 200
    assert body == {
        "message": "Directory successfully inserted.",
        "id": body["id"],
        "name": "Ward 3",
        "parentID": str(tree.root),
    }
    made = Directory.objects.get(pk=body["id"])
    assert (made.kind, made.parent) == (tree.kind, root(tree.kind))
    for parent in (int(body["id"]), body["id"]):
        inner = imi.put(f"directories/{tree.path}/", {"name": f"Room {parent!r}", "parentID": parent})
        assert inner.body["parentID"] == body["id"]
        assert imi.delete(f"directories/{tree.path}/{inner.body['id']}").body == {"message": "Deletion successful."}
    for parent in (tree.root, str(tree.root), "", None):
        again = imi.put(f"directories/{tree.path}", {"name": f"Top {parent!r}", "parentID": parent})
        assert again.body["parentID"] == str(tree.root)
    renamed = imi.put(f"directories/{tree.path}/{made.pk}", {"name": "Ward 4"})
    assert renamed == (200, {"message": "Updated directory successfully."})
    made.refresh_from_db()
    assert made.name == "Ward 4"


def test_a_full_directory_stays(cast: Cast) -> None:
    top = cast.own[DirectoryKind.DEVICE]
    answer = Imi(cast.root).delete(f"directories/tcdirectories/{top.pk}")
    assert (answer.status, answer.code) == (400, "ITG-0A006")
    assert answer.body["message"] == f"Directory with ID <{top.pk}> is not empty. Remove content first."
    profiles = cast.own[DirectoryKind.PROFILE]
    assert Imi(cast.root).delete(f"directories/profiledirectories/{profiles.pk}").code == "ITG-0A006"


def test_refused(cast: Cast) -> None:
    top, imi = cast.own[DirectoryKind.DEVICE], Imi(cast.root)
    path = "directories/tcdirectories"
    assert imi.put(path, {}).code == "ITG-0A013"
    assert imi.put(path, {"name": " "}).code == "ITG-0A013"
    assert imi.put(path, {"name": "x" * 101}).code == "ITG-0A013"
    assert imi.put(path, {"name": "x", "parentID": "424242"}).code == "ITG-0A016"
    assert imi.put(path, {"name": "x", "parentID": root().pk}).code == "ITG-0A016"
    assert imi.put(path, {"name": "x", "parentID": cast.own[DirectoryKind.PROFILE].pk}).code == "ITG-0A016"
    assert imi.put(path, {"name": "x", "parentID": "here"}).code == "ITG-0A010"
    assert imi.put(path, {"name": "Own"}).code == "ITG-0A008"
    assert imi.put(f"{path}/{cast.other[DirectoryKind.DEVICE].pk}", {"name": "Own"}).code == "ITG-0A008"
    assert imi.put(f"{path}/{top.pk}?operation=copy", []).code == "ITG-0A003"
    assert imi.put(f"{path}/{top.pk}?operation=move", []).code == "ITG-0A012"
    assert imi.put(f"{path}/424242?operation=move", [{"id": 1, "type": "tc"}]).code == "ITG-0A002"
    for method, body in (("GET", b""), ("PUT", {"name": "x"}), ("DELETE", b"")):
        # The row of the root is no directory of IMI, its number only a place to be in.
        for number in (root().pk, -1, 0, 424242, 2**31, 2**63, 10**30):
            assert imi.ask(method, f"{path}/{number}", body).code == "ITG-0A002", (method, number)
        assert imi.ask(method, f"{path}/abc", body).code == "ITG-0A010"


def test_permissions_are_those_of_the_console(cast: Cast) -> None:
    own, other = cast.own[DirectoryKind.DEVICE], cast.other[DirectoryKind.DEVICE]
    for imi in (Imi(cast.admin), Imi(cast.reader)):
        assert imi.get(f"directories/tcdirectories/{other.pk}").code == "ITG-0A002"
        assert imi.delete(f"directories/tcdirectories/{other.pk}").code == "ITG-0A002"
    reader = Imi(cast.reader)
    assert reader.put(f"directories/tcdirectories/{own.pk}", {"name": "x"}).code == "ITG-0B005"
    assert reader.put("directories/tcdirectories", {"name": "x", "parentID": own.pk}).code == "ITG-0B005"
    assert Imi(cast.stranger).get("directories/tcdirectories").body == []
    # Nobody but root may write at the top.
    assert Imi(cast.admin).put("directories/tcdirectories", {"name": "x"}).code == "ITG-0A016"


def test_devices_and_directories_are_moved_each_with_a_result(cast: Cast) -> None:
    target = cast.things["directory"]
    inner = DirectoryFactory(parent=cast.own[DirectoryKind.DEVICE], name="Inner")
    twin = DirectoryFactory(parent=cast.other[DirectoryKind.DEVICE], name="Inner")
    device, second = cast.things["device"], DeviceFactory(directory=inner)
    SettingsState.objects.update(pending=False)
    answer = Imi(cast.root).put(
        f"directories/tcdirectories/{target.pk}?operation=move",
        [
            {"id": device.pk, "type": "tc"},
            {"id": str(second.pk), "type": "tc"},
            {"id": inner.pk, "type": "tcdirectory"},
            {"id": twin.pk, "type": "tcdirectory"},
            {"id": "424242", "type": "tc"},
            {"id": 2**40, "type": "tc"},
            {"id": cast.things["profile"].pk, "type": "profile"},
            {"id": -1, "type": "tcdirectory"},
            {"id": target.pk, "type": "tcdirectory"},
        ],
    )
    assert answer == (
        200,
        [
            {"id": str(device.pk), "results": "successful"},
            {"id": str(second.pk), "results": "successful"},
            {"id": str(inner.pk), "results": "successful"},
            {"id": str(twin.pk), "results": "name_exists"},
            {"id": "424242", "results": "does_not_exist"},
            {"id": str(2**40), "results": "does_not_exist"},
            {"id": str(cast.things["profile"].pk), "results": "does_not_exist"},
            {"id": "-1", "results": "does_not_exist"},
            {"id": str(target.pk), "results": "directory_cycle"},
        ],
    )
    assert set(Device.objects.filter(directory=target)) == {device, second}
    inner.refresh_from_db()
    assert inner.parent == target
    assert SettingsState.objects.filter(pending=True, device__in=[device, second]).count() == 2


def test_one_that_may_not_be_moved_keeps_no_other_back(cast: Cast) -> None:
    allowed = DeviceFactory(directory=cast.own[DirectoryKind.DEVICE])
    fixed = DirectoryFactory(parent=cast.own[DirectoryKind.DEVICE], name="Fixed")
    GrantFactory(user=cast.admin, action=Action.WRITE, directory=fixed, allow=False)
    there = DeviceFactory(directory=fixed)
    elsewhere = cast.things["elsewhere"]
    body = [{"id": one.pk, "type": "tc"} for one in (allowed, there, elsewhere)]
    target = cast.things["directory"]
    answer = Imi(cast.admin).put(f"directories/tcdirectories/{target.pk}?operation=move", body)
    assert [one["results"] for one in answer.body] == ["successful", "access_denied", "does_not_exist"]
    allowed.refresh_from_db()
    assert allowed.directory == target


def test_to_the_root_and_more_than_one_transaction_takes(cast: Cast) -> None:
    target = cast.things["directory"]
    devices = [
        Device(unit_id=f"u{n}", name=f"N{n}", directory=cast.own[DirectoryKind.DEVICE]) for n in range(AT_ONCE + 5)
    ]
    Device.objects.bulk_create(devices)
    SettingsState.objects.bulk_create(SettingsState(device=device) for device in devices)
    body = [{"id": device.pk, "type": "tc"} for device in devices]
    answer = Imi(cast.root).put(
        "directories/tcdirectories/-1?operation=move", [*body, {"id": target.pk, "type": "tcdirectory"}]
    )
    assert {one["results"] for one in answer.body} == {"successful"}
    assert Device.objects.filter(directory=root(), unit_id__startswith="u").count() == AT_ONCE + 5
    target.refresh_from_db()
    assert target.parent == root()


@pytest.mark.parametrize("kind", [ProfileKind.STANDARD, ProfileKind.PRIORITY])
def test_profiles_move_in_their_own_tree(cast: Cast, kind: ProfileKind) -> None:
    tree = TREES[1] if kind == ProfileKind.STANDARD else TREES[2]
    target = DirectoryFactory(kind=tree.kind, name="Target")
    profile, other = ProfileFactory(kind=kind), ProfileFactory(kind=ProfileKind.UPDATE)
    wrong = "masterprofile" if kind == ProfileKind.STANDARD else "profile"
    answer = Imi(cast.root).put(
        f"directories/{tree.path}/{target.pk}/?operation=move",
        [
            {"id": profile.pk, "type": tree.member},
            {"id": cast.own[tree.kind].pk, "type": tree.type},
            {"id": profile.pk, "type": wrong},
            {"id": other.pk, "type": tree.member},
            {"id": cast.things["device"].pk, "type": "tc"},
        ],
    )
    assert [one["results"] for one in answer.body] == ["successful", "successful", *["does_not_exist"] * 3]
    profile.refresh_from_db()
    assert profile.directory == target
    if kind == ProfileKind.STANDARD:
        binned = [{"id": cast.things["deleted_profile"].pk, "type": "profile"}]
        answer = Imi(cast.root).put(f"directories/{tree.path}/{target.pk}?operation=move", binned)
        assert answer.body[0]["results"] == "in_recycle_bin"
