"""Effective settings of devices, from rows to what is sent: what the vectors (test_vectors.py) leave open."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import CatalogueFactory, DeviceFactory, DirectoryFactory, ProfileFactory, root
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
            Revision.objects.filter(head_of=profile).update(content={"values": values, "instances": sessions})
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


@pytest.fixture
def world() -> World:
    return World()


def test_fixed_instances_override_one_by_one(world: World) -> None:
    world.assign("S10", world.germany, values={"display0.resolution": "a", "display1.resolution": "a"})
    world.assign("S11", world.d, values={"display1.resolution": "b"})
    assert [world.body.values[f"display{n}.resolution"] for n in (0, 1)] == ["a", "b"]


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
    assert counts[0] == counts[1] <= 8
    assert len(found) == 201 and len({id(one.result) for one in found.values()}) == 1
