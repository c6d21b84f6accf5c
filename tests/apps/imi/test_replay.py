"""Every request of PSIGEL's 34 functions in their order, with its quirks, and the answers read as it reads them."""

from __future__ import annotations

import pytest

from tests.apps.imi.psigel import Psigel, Refused
from tests.cast import Cast
from tests.factories import AssignmentFactory, DeviceFactory, ProfileFactory
from ums.devices.models import Device, DirectoryKind
from ums.imi.services import session_open
from ums.profiles.models import Assignment, Profile

DEVICES, PROFILES = "tcdirectories", "profiledirectories"


@pytest.fixture
def psigel(cast: Cast) -> Psigel:
    """A session of the superuser; the login itself, which takes its time, is tried once below."""
    client = Psigel()
    client.cookie = f"JSESSIONID={session_open(actor=cast.actor('root'), user=cast.root)}"
    return client


def test_session_and_status(cast: Cast) -> None:
    psigel = Psigel()
    # It asks for the status with and without a session.
    assert psigel.get_status()["RmGuiServerVersion"]
    cookie = psigel.new_api_cookie("root")
    assert cookie.partition("=")[0] == "JSESSIONID"
    assert psigel.get_status()["Server"] == "testserver"
    assert psigel.get_firmware()
    psigel.remove_api_cookie()
    with pytest.raises(Refused, match="Unauthorized"):
        psigel.get_firmware()
    with pytest.raises(Refused, match="Unauthorized"):
        psigel.new_api_cookie("root", "wrong")
    psigel.new_api_cookie("root")
    assert psigel.get_firmware()


def test_devices_are_read_with_each_filter(cast: Cast, psigel: Psigel) -> None:
    device = cast.things["device"]
    found = {one["Id"]: one for one in psigel.get_device()}
    assert found[device.pk]["ObjectType"] == "tc"
    assert found[device.pk]["ParentId"] == device.directory_id
    assert not found[device.pk]["MovedToBin"]
    for filter in ("short", "details", "online", "shadow", "deviceattributes", "networkadapters"):
        everywhere = {one["Id"]: one for one in psigel.get_device(filter=filter)}
        assert everywhere[device.pk] == psigel.get_device(device.pk, filter)[0]
    details = psigel.get_device(device.pk, "details")[0]
    assert (details["TotalUsagetime"], details["TotalUptime"], details["batteryLevel"]) == (-1, -1, -1)
    assert details["Monitor1YearOfManufacture"] == 0
    assert psigel.get_device(device.pk, "online")[0]["Online"] is False


def test_a_single_element_stays_a_list(cast: Cast, psigel: Psigel) -> None:
    Device.objects.exclude(pk=cast.things["device"].pk).delete()
    assert [one["Id"] for one in psigel.get_device()] == [cast.things["device"].pk]
    Device.objects.all().delete()
    assert psigel.get_device() == []


def test_devices_are_made_changed_moved_commanded_and_removed(cast: Cast, psigel: Psigel) -> None:
    firmware, directory = cast.things["catalogue"].pk, cast.things["directory"].pk
    first = psigel.new_device("0a0000000007", firmware, name="007")
    second = psigel.new_device(
        "0A0000000008", firmware, parent=directory, name="008", site="Bremen", comment="Für Station 3"
    )
    assert first["Name"] == "007"
    assert (first["ParentId"], second["ParentId"]) == (-1, directory)
    read = psigel.get_device(second["Id"], "details")[0]
    assert (read["Mac"], read["site"], read["comment"], read["FirmwareId"]) == (
        "0A0000000008",
        "Bremen",
        "Für Station 3",
        firmware,
    )
    assert psigel.get_device(first["Id"])[0]["UnitId"].upper() == "0A0000000007"

    assert psigel.update_device(second["Id"], name="A-QA-008", comment="")["Message"] == "Update successful."
    read = psigel.get_device(second["Id"], "details")[0]
    assert (read["Name"], read["site"], read["comment"]) == ("A-QA-008", "Bremen", "")

    moved = psigel.move(DEVICES, first["Id"], "tc", directory)
    assert moved == {"Id": first["Id"], "Message": "successful."}
    assert psigel.get_device(first["Id"])[0]["ParentId"] == directory

    for command in (psigel.start_device, psigel.stop_device, psigel.restart_device):
        executed = command(first["Id"])
        assert executed["Id"] == first["Id"]
        assert executed["State"] in ("SUCCESS", "FAILED")
        assert executed["ExecId"].startswith("ID-")
    assert psigel.reset_device(first["Id"])["ExecTime"] > 1_500_000_000_000
    assert psigel.send_device_setting(first["Id"])["State"]

    assert psigel.remove_device(first["Id"])["Message"].startswith("Offline deletion successful")
    assert psigel.remove_device(second["Id"], online=True)["State"]
    assert not Device.objects.filter(pk=first["Id"]).exists()
    with pytest.raises(Refused, match="Bad Request"):
        psigel.get_device(first["Id"])


def test_assignments_of_a_device_and_of_a_directory(cast: Cast, psigel: Psigel) -> None:
    top, below = cast.own[DirectoryKind.DEVICE], cast.things["directory"]
    device = DeviceFactory(directory=below)
    own, near, far = ProfileFactory(), ProfileFactory(), ProfileFactory()
    AssignmentFactory(profile=own, device=device)
    AssignmentFactory(profile=near, device=None, directory=below)
    AssignmentFactory(profile=far, device=None, directory=top)
    found = psigel.get_device_assignment(device.pk)
    assert [
        (one["AssigneeId"], one["ReceiverType"], one["ReceiverId"], one["AssignmentPosition"]) for one in found
    ] == [
        (own.pk, "tc", device.pk, 0),
        (near.pk, "tcdirectory", below.pk, 1),
        (far.pk, "tcdirectory", top.pk, 2),
    ]
    assert [one["AssigneeId"] for one in psigel.get_device_directory_assignment(below.pk)] == [near.pk, far.pk]


def test_directories_are_read_made_renamed_moved_and_removed(cast: Cast, psigel: Psigel) -> None:
    for where, kind, top in (
        (DEVICES, "tcdirectory", cast.own[DirectoryKind.DEVICE]),
        (PROFILES, "profiledirectory", cast.own[DirectoryKind.PROFILE]),
    ):
        made = psigel.new_directory(where, "QA")
        assert made["Message"] == "Directory successfully inserted."
        found = {one["Id"]: one for one in psigel.get_directory(where)}
        assert found[made["Id"]] == {
            "Id": made["Id"],
            "Name": "QA",
            "ParentId": -1 if where == DEVICES else -2,
            "MovedToBin": False,
            "ObjectType": kind,
        }
        assert psigel.update_directory(where, made["Id"], "A_QA")["Message"] == "Updated directory successfully."
        assert psigel.move(where, made["Id"], kind, top.pk)["Message"] == "successful."
        inside = psigel.get_directory(where, top.pk, children=True)[0]["DirectoryChildren"]
        assert {"ObjectType": kind, "Id": made["Id"]} in inside
        everywhere = psigel.get_directory(where, children=True)
        assert {one["Id"] for one in psigel.get_directory_recursive(top.pk, everywhere)} >= {top.pk, made["Id"]}
        with pytest.raises(Refused, match="Bad Request"):
            psigel.remove_directory(where, top.pk)
        assert psigel.remove_directory(where, made["Id"])["Message"] == "Deletion successful."


def test_firmwares(cast: Cast, psigel: Psigel) -> None:
    found = psigel.get_firmware()
    assert psigel.get_firmware(found[0]["Id"]) == [found[0]]
    assert found[0]["Product"] == "Test Linux"


def test_profiles_are_read_renamed_moved_assigned_and_removed(cast: Cast, psigel: Psigel) -> None:
    profile, device, directory = ProfileFactory(name="NW_WLAN"), cast.things["device"], cast.things["directory"]
    found = {one["Id"]: one for one in psigel.get_profile()}
    assert found[profile.pk]["ParentId"] == -2
    assert found[cast.things["deleted_profile"].pk]["MovedToBin"]
    assert psigel.get_profile(profile.pk) == [found[profile.pk]]
    assert psigel.update_profile(profile.pk, "NW_LAN")["Message"] == "Update successful."
    target = cast.own[DirectoryKind.PROFILE].pk
    assert psigel.move(PROFILES, profile.pk, "profile", target)["Message"] == "successful."
    assert psigel.get_profile(profile.pk)[0]["ParentId"] == target

    told = psigel.new_profile_assignment(profile.pk, device.pk, "tc")["Message"]
    assert told.startswith("1 asssignments successfully assigned to ")
    assert psigel.new_profile_assignment(profile.pk, directory.pk, "tcdirectory")["Message"].startswith("1 asss")
    (on_device,) = psigel.get_profile_assignment(profile.pk)
    assert (on_device["ReceiverId"], on_device["ReceiverType"], on_device["AssignmentPosition"]) == (device.pk, "tc", 0)
    (on_directory,) = psigel.get_profile_assignment(profile.pk, directory=True)
    assert (on_directory["ReceiverId"], on_directory["ReceiverType"]) == (directory.pk, "tcdirectory")
    for receiver, kind in ((device.pk, "tc"), (directory.pk, "tcdirectory")):
        removed = psigel.remove_profile_assignment(profile.pk, receiver, kind)
        assert removed["Message"] == "deleted profile assignment."
    assert not Assignment.objects.filter(profile=profile).exists()
    assert psigel.get_profile_assignment(profile.pk) == []
    assert psigel.remove_profile(profile.pk) == {"Message": "Deleted profile.", "Id": profile.pk}
    assert not Profile.objects.filter(pk=profile.pk).exists()
