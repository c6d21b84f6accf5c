"""What a write would change: the write runs, is rolled back, and what was told comes true when it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.apps.effective.test_selectors import SECRET, World, X, Y
from tests.factories import DeviceFactory, DirectoryFactory, GrantFactory, ProfileFactory, UserFactory, root
from ums.audit.models import Event
from ums.core.access import Action
from ums.core.actor import SYSTEM, Actor
from ums.core.errors import AppError, NotAllowed
from ums.devices.models import Device, DirectoryKind, SettingsState
from ums.devices.services import device_delete, devices_move, directory_move
from ums.effective.preview import LINES, Preview, preview
from ums.effective.selectors import settings_for_devices
from ums.profiles.content import MASK
from ums.profiles.models import Assignment, Profile, Revision
from ums.profiles.services import profile_create, profile_delete, profile_save, profiles_assign, profiles_unassign

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def lines(found: Preview) -> list[tuple[str, Any, Any, int]]:
    return [(line.change.key, line.change.before, line.change.after, line.devices) for line in found.lines]


def saving(profile: Profile, **values: Any) -> Callable[[], Revision]:
    """Save a profile so; `X="a"` is the value of X."""
    paths = {"X": X, "Y": Y, "volume": "system.volume", "password": "system.password"}
    settings = {"values": {paths[name]: value for name, value in values.items()}, "instances": {}}
    profile.refresh_from_db()
    assert profile.head
    base = profile.head.number
    return lambda: profile_save(actor=SYSTEM, profile=profile, settings=settings, overwrite_sessions=False, base=base)


def test_it_tells_what_changes_and_leaves_nothing(world: World) -> None:
    profile = world.assign("S10", world.bremen, "a")
    world.assign("S11", world.d, values={Y: "quiet"})
    before = (Revision.objects.count(), Event.objects.count(), list(SettingsState.objects.values()))
    found = preview(saving(profile, X="b", Y="loud"), user=None)
    assert lines(found) == [(X, "a", "b", 1)], "the device's own profile sets Y"
    assert (found.looked_at, found.changed, found.deleted, found.hidden, found.total) == (1, 1, 0, 0, 1)
    assert [(one.name, one.directory, one.changes) for one in found.samples] == [("D", "Bremen", 1)]
    assert before == (Revision.objects.count(), Event.objects.count(), list(SettingsState.objects.values()))
    assert world.x == "a"


def test_what_was_tried_is_remembered_nowhere(world: World) -> None:
    """The embedded database gives the key of the revision that was rolled back to the next one."""
    profile = world.assign("S10", world.bremen, "a")
    tried: list[int] = []

    def write() -> None:
        tried.append(saving(profile, X="tried")().pk)
        settings_for_devices(device_ids=[world.d.pk])

    preview(write, user=None)
    saved = saving(profile, X="saved")()
    if connection.vendor == "sqlite":
        assert tried == [saved.pk]
    assert world.x == "saved"
    assert lines(preview(saving(profile, X="next"), user=None)) == [(X, "saved", "next", 1)]


def test_every_kind_of_write(world: World) -> None:
    profile = world.assign("S10", world.bremen, "a")
    other = ProfileFactory(values={X: "o"})
    hamburg = DirectoryFactory(name="Hamburg", parent=world.germany)
    assignment = Assignment.objects.get()
    germany = {"actor": SYSTEM, "directory": world.bremen, "parent": hamburg}
    away = world.root
    for write, expected in (
        (lambda: profiles_assign(actor=SYSTEM, profiles=[other], targets=[world.d]), [(X, "a", "o", 1)]),
        (lambda: profiles_assign(actor=SYSTEM, profiles=[other], targets=[world.germany]), []),
        (lambda: profiles_unassign(actor=SYSTEM, assignments=[assignment]), [(X, "a", "UTC", 1)]),
        (lambda: profile_delete(actor=SYSTEM, profile=profile), [(X, "a", "UTC", 1)]),
        (lambda: devices_move(actor=SYSTEM, devices=[world.d], directory=away), [(X, "a", "UTC", 1)]),
        (lambda: directory_move(**germany), []),
        (lambda: profile_create(actor=SYSTEM, name="N", directory=root(DirectoryKind.PROFILE)), []),
    ):
        assert lines(preview(write, user=None)) == expected
    assert world.x == "a"


def test_a_device_that_goes(world: World) -> None:
    found = preview(lambda: device_delete(actor=SYSTEM, device=Device.objects.get(pk=world.d.pk)), user=None)
    assert (found.looked_at, found.changed, found.deleted, found.lines) == (1, 0, 1, ())
    assert Device.objects.filter(pk=world.d.pk).exists()


def test_the_same_as_the_devices_get_afterwards(world: World) -> None:
    """Whatever is written: what was told is the difference of what the devices are sent."""
    world.assign("S10", world.germany, "a", instances={"one": "One"})
    world.assign("M20", world.bremen, values={Y: "m", "system.volume": 10})
    world.assign("S12", world.d, values={"system.volume": 1, "display0.resolution": "800"})
    world.local(values={X: "local"}, instances={"own": {"class": "sessions.rdp%", "values": {"name": "Own"}}})
    sessions = profile_create(
        actor=SYSTEM,
        name="Sessions",
        directory=root(DirectoryKind.PROFILE),
        settings={"values": {Y: "low"}, "instances": {}},
        overwrite_sessions=True,
    )
    priority = Profile.objects.get(pk=20)
    top = DirectoryFactory(name="Top")
    for write in (
        lambda: profiles_assign(actor=SYSTEM, profiles=[sessions], targets=[world.d]),
        saving(priority, X="forced", volume=11),
        lambda: directory_move(actor=SYSTEM, directory=world.bremen, parent=top),
        lambda: profile_delete(actor=SYSTEM, profile=Profile.objects.get(pk=20)),
    ):
        before = world.body
        told = {key: (was, then) for key, was, then, _ in lines(preview(write, user=None))}
        assert world.body == before
        write()
        after = world.body
        differing = {p: (before.values.get(p), v) for p, v in after.values.items() if before.values.get(p) != v}
        assert {key: sides for key, sides in told.items() if key in after.values} == differing
        gone_or_new = before.instances.keys() ^ after.instances.keys()
        assert told.keys() - after.values.keys() == gone_or_new


def test_secrets_are_masked_and_a_changed_one_shows(world: World) -> None:
    profile = world.assign("S10", world.bremen)
    saving(profile, password=SECRET)()
    (line,) = preview(saving(profile, password="another-one"), user=None).lines
    assert (line.change.before, line.change.after, line.change.secret_changed) == (MASK, MASK, True)
    found = preview(saving(profile, X="a"), user=None)
    assert [(key, was, then) for key, was, then, _ in lines(found)] == [(X, "UTC", "a"), ("system.password", MASK, "")]
    assert SECRET not in str(list(found.rows()))


def test_refusals_are_those_of_the_write(world: World) -> None:
    profile = world.assign("S10", world.bremen, "a")
    with pytest.raises(AppError, match="needs your attention"):
        preview(saving(profile, volume=101), user=None)
    nobody = UserFactory()
    with pytest.raises(NotAllowed):
        preview(lambda: profile_delete(actor=Actor.of(nobody), profile=profile), user=nobody)
    assert world.x == "a"


def test_devices_that_one_may_not_read_are_counted_only(world: World) -> None:
    world.assign("S10", world.bremen, "a")
    profile = world.assign("S11", world.germany, "g")
    berlin = DirectoryFactory(name="Berlin", parent=world.germany)
    DeviceFactory(name="Secret place", directory=berlin, firmware="Test Linux")
    user = UserFactory()
    GrantFactory(user=user, directory=world.bremen, action=Action.READ)
    found = preview(saving(profile, X="h", Y="y"), user=user)
    assert (found.looked_at, found.changed, found.hidden) == (2, 2, 1)
    assert lines(found) == [(Y, "", "y", 1)], "what another profile sets on a hidden device is not told"
    assert {row[0] for row in found.rows()} == {"D"}


def test_the_list_is_bounded_and_the_rows_are_not(world: World) -> None:
    world.assign("S9000", world.bremen, "a")
    for number in range(LINES + 20):
        device = DeviceFactory(directory=world.bremen, firmware="Test Linux", firmware_version="1.0.0")
        profiles_assign(actor=SYSTEM, profiles=[ProfileFactory(values={X: f"own {number}"})], targets=[device])
    devices = Device.objects.exclude(pk=world.d.pk)
    assignments = list(Assignment.objects.filter(device__in=devices))
    found = preview(lambda: profiles_unassign(actor=SYSTEM, assignments=assignments), user=None)
    assert (found.changed, found.total, len(found.lines)) == (LINES + 20, LINES + 20, LINES)
    rows = list(found.rows())
    assert len(rows) == LINES + 20
    assert rows[0][2:4] == ("Time zone", X)
    assert rows[0][5] == "a"


def test_queries_do_not_depend_on_devices_or_directories(world: World) -> None:
    profile = world.assign("S9000", world.germany, "a")

    def queries() -> int:
        saving(profile, X="a")()
        with CaptureQueriesContext(connection) as captured:
            assert preview(saving(profile, X="b"), user=None).changed == Device.objects.count()
        return len(captured)

    queries()
    few = queries()
    for number in range(20):
        place = DirectoryFactory(name=f"Place {number}", parent=world.bremen)
        own = ProfileFactory(values={Y: f"{number}"})
        profiles_assign(actor=SYSTEM, profiles=[own], targets=[place])
        for _ in range(2):
            DeviceFactory(directory=place, firmware="Test Linux", firmware_version="1.0.0")
    settings_for_devices(device_ids=list(Device.objects.values_list("pk", flat=True)))
    assert queries() == few


def test_warnings(world: World) -> None:
    profile = world.assign("S10", world.bremen, "a")
    found = preview(saving(profile, Y="quiet"), user=None)
    assert found.warnings == ("1 of these parameters takes effect after the next restart of a device.",)
