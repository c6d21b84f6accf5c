"""Effective settings of devices, from rows to what is sent: the vectors of domain/profiles.md §8 that need no user."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import CatalogueFactory, DeviceFactory, DirectoryFactory, ProfileFactory, root
from tests.factories.profiles import DEFINITION
from ums.core.actor import SYSTEM
from ums.devices.models import Device, Directory, LocalSettings
from ums.domain.protocol import LocalSettings as Reported
from ums.domain.protocol import SettingsBody, decode_body
from ums.effective.selectors import settings_explained, settings_for_devices
from ums.effective.services import local_settings_report
from ums.profiles.content import MASK
from ums.profiles.models import Profile, ProfileKind, Revision
from ums.profiles.services import profile_save, profiles_assign, profiles_unassign

pytestmark = pytest.mark.django_db

X, Y = "system.timezone", "system.kernel"
SECRET = "hunter2-correct-horse"


class World:
    """Devices (root) > Germany > Bremen > D, and profiles P<id>."""

    def __init__(self) -> None:
        CatalogueFactory()
        self.root = root()
        self.germany = DirectoryFactory(name="Germany")
        self.bremen = DirectoryFactory(name="Bremen", parent=self.germany)
        self.d = DeviceFactory(name="D", directory=self.bremen, firmware="Test Linux", firmware_version="1.0.0")

    def assign(self, name: str, to: Device | Directory, value: str = "", **given: Any) -> Profile:
        """`S10` is the standard profile with id 10, `M20` a priority one; `value` is that of X."""
        kind = ProfileKind.PRIORITY if name[0] == "M" else ProfileKind.STANDARD
        values, instances = given.pop("values", {X: value} if value else {}), given.pop("instances", {})
        profile = Profile.objects.filter(pk=int(name[1:])).first()
        profile = profile or ProfileFactory(pk=int(name[1:]), name=name, kind=kind, values=values, **given)
        sessions = {
            serial: {"class": "sessions.rdp%", "values": {"name": label}} for serial, label in instances.items()
        }
        if sessions:
            Revision.objects.filter(pk=profile.head_id).update(content={"values": values, "instances": sessions})
        profiles_assign(actor=SYSTEM, profiles=[profile], targets=[to])
        return profile

    def local(self, **given: Any) -> None:
        """The device's own configuration."""
        LocalSettings.objects.create(device=self.d, content={"values": {}, "instances": {}, **given})

    @property
    def body(self) -> SettingsBody:
        """What the device is sent."""
        result = settings_for_devices(device_ids=[self.d.pk])[self.d.pk].result
        return decode_body(result.body)

    @property
    def x(self) -> Any:
        """The value that counts, which the explanation must tell as well."""
        value = self.body.values[X]
        explained = settings_explained(device=self.d)
        assert next(one for one in explained.parameters if one.path == X).explanation.value == value
        assert explained.tag == settings_for_devices(device_ids=[self.d.pk])[self.d.pk].result.tag
        return value

    @property
    def sessions(self) -> list[str]:
        """Names of the sessions on the device."""
        return sorted(str(instance.values["name"]) for instance in self.body.instances.values())


@pytest.fixture
def world() -> World:
    return World()


def test_vector_1_closer_wins(world: World) -> None:
    world.assign("S10", world.germany, "a")
    world.assign("S5", world.bremen, "b")
    assert world.x == "b"


def test_vector_2_device_beats_directory(world: World) -> None:
    world.assign("S10", world.d, "a")
    world.assign("S99", world.bremen, "b")
    assert world.x == "a"


def test_vector_3_tie_goes_to_the_higher_id(world: World) -> None:
    world.assign("S10", world.bremen, "a")
    world.assign("S11", world.bremen, "b")
    assert world.x == "b"


def test_vector_4_without_conflict_both_apply(world: World) -> None:
    world.assign("S10", world.root, "a")
    world.assign("S11", world.d, values={Y: "b"})
    assert (world.x, world.body.values[Y]) == ("a", "b")


def test_vector_5_local_beats_default(world: World) -> None:
    assert world.x == "UTC"
    world.local(values={X: "l"})
    assert world.x == "l"


def test_vector_6_local_is_restored(world: World) -> None:
    world.local(values={X: "l"})
    profile = world.assign("S10", world.d, "a")
    assert (world.x, X in world.body.locked) == ("a", True)
    profiles_unassign(actor=SYSTEM, assignments=list(profile.assignments.all()))
    assert (world.x, X in world.body.locked) == ("l", False)


def test_vector_7_priority_beats_standard(world: World) -> None:
    world.assign("M20", world.d, "m")
    world.assign("S10", world.d, "a")
    assert world.x == "m"


def test_vector_8_among_priority_profiles_further_wins(world: World) -> None:
    world.assign("M20", world.germany, "g")
    world.assign("M21", world.d, "d")
    assert world.x == "g"


def test_vector_9_further_wins_over_a_higher_id(world: World) -> None:
    world.assign("M20", world.root, "r")
    world.assign("M50", world.germany, "g")
    assert world.x == "r"


def test_vector_10_tie_of_priority_profiles_by_id(world: World) -> None:
    world.assign("M20", world.bremen, "a")
    world.assign("M30", world.bremen, "b")
    assert world.x == "b"


def test_vector_25_free_instances_add_up(world: World) -> None:
    world.assign("S10", world.bremen, instances={"1": "A"})
    world.assign("S11", world.d, instances={"2": "B"})
    assert world.sessions == ["A", "B"]


def test_vector_26_the_same_serial_counts_once(world: World) -> None:
    world.assign("S10", world.bremen, instances={"1": "A"})
    world.assign("S10", world.d)
    assert world.sessions == ["A"]


def test_vector_27_overwrite_sessions_leaves_its_own_only(world: World) -> None:
    world.assign("S10", world.bremen, instances={"1": "A"})
    profile = world.assign("S11", world.d, instances={"2": "B"})
    world.local(instances={"3": {"class": "sessions.rdp%", "values": {"name": "L"}}})
    assert world.sessions == ["A", "B", "L"]
    sessions = {"2": {"class": "sessions.rdp%", "values": {"name": "B"}}}
    profile_save(
        actor=SYSTEM, profile=profile, settings={"values": {}, "instances": sessions}, overwrite_sessions=True, base=1
    )
    assert world.sessions == ["B"]


def test_vector_28_overwrite_sessions_without_any_takes_all_away(world: World) -> None:
    world.assign("S10", world.bremen, instances={"1": "A"})
    profile = world.assign("S11", world.d)
    profile_save(
        actor=SYSTEM, profile=profile, settings={"values": {}, "instances": {}}, overwrite_sessions=True, base=1
    )
    assert world.sessions == []


def test_fixed_instances_override_one_by_one(world: World) -> None:
    world.assign("S10", world.germany, values={"display0.resolution": "a", "display1.resolution": "a"})
    world.assign("S11", world.d, values={"display1.resolution": "b"})
    assert [world.body.values[f"display{n}.resolution"] for n in (0, 1)] == ["a", "b"]


def test_vector_34_profile_of_another_kind_of_os_is_ignored(world: World) -> None:
    other = CatalogueFactory(
        name="Other OS", os="other-os", definition=json.dumps({**DEFINITION, "name": "Other OS", "os": "other-os"})
    )
    world.assign("S10", world.bremen, "a", based_on=other)
    assert world.x == "UTC"


def test_vector_39_moved_device_leaves_the_values_behind(world: World) -> None:
    world.assign("S10", world.bremen, "a")
    world.local(values={X: "l"})
    assert world.x == "a"
    Device.objects.filter(pk=world.d.pk).update(directory=world.germany)
    world.d.refresh_from_db()
    assert world.x == "l"


def test_secret_reaches_the_device_and_nobody_else(world: World) -> None:
    profile = world.assign("S10", world.d)
    settings = {
        "values": {"system.password": SECRET},
        "instances": {"1": {"class": "sessions.rdp%", "values": {"name": "A"}}},
    }
    profile_save(actor=SYSTEM, profile=profile, settings=settings, overwrite_sessions=False, base=1)
    assert world.body.values["system.password"] == SECRET
    explained = settings_explained(device=world.d)
    shown = next(one for one in explained.parameters if one.path == "system.password")
    assert shown.explanation.value == MASK
    assert SECRET not in repr((explained.parameters, explained.instances))


def test_the_tag_is_of_the_values_and_not_of_where_they_come_from(world: World) -> None:
    def tag() -> str:
        return settings_for_devices(device_ids=[world.d.pk])[world.d.pk].result.tag

    plain = tag()
    profile = world.assign("S10", world.bremen, "a")
    one_way = tag()
    profiles_unassign(actor=SYSTEM, assignments=list(profile.assignments.all()))
    assert tag() == plain != one_way
    world.assign("S11", world.d, "a")
    assert tag() == one_way


def test_local_settings_are_stored_as_far_as_they_fit(world: World) -> None:
    reported = Reported(values={X: "Europe/Berlin", "system.volume": 1000, "no.such": 1, "system.password": SECRET})
    assert local_settings_report(device_id=world.d.pk, reported=reported)
    stored = LocalSettings.objects.get(pk=world.d.pk).content
    assert stored["values"].keys() == {X, "system.password"}
    assert SECRET not in json.dumps(stored)
    assert world.body.values["system.password"] == SECRET
    assert not local_settings_report(device_id=world.d.pk, reported=reported), "the same again changes nothing"


def test_200_devices_take_as_many_queries_as_one_and_one_result(world: World) -> None:
    world.assign("S10", world.bremen, "a")
    world.assign("M20", world.root, values={Y: "b"})
    DeviceFactory.create_batch(200, directory=world.bremen, firmware="Test Linux", firmware_version="1.0.0")
    ids = list(Device.objects.values_list("pk", flat=True))
    settings_for_devices(device_ids=ids)  # remembers catalogue and revisions
    counts = []
    for some in ([world.d.pk], ids):
        with CaptureQueriesContext(connection) as queries:
            found = settings_for_devices(device_ids=some)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 6
    assert len(found) == 201 and len({id(one.result) for one in found.values()}) == 1
