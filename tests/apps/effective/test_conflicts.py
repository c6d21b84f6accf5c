"""Which settings of a profile take effect on its devices, and because of whom others do not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.apps.asking import Api
from tests.apps.effective.test_selectors import World, X, Y
from tests.cast import Cast
from tests.factories import CatalogueFactory, DeviceFactory, DirectoryFactory, GrantFactory, ProfileFactory, UserFactory
from tests.factories.profiles import DEFINITION
from ums.core.access import Action
from ums.core.actor import SYSTEM
from ums.effective.conflicts import ProfileEffect, profile_effect
from ums.profiles.models import Profile
from ums.profiles.services import profiles_assign

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def superuser() -> Any:
    return UserFactory(is_superuser=True)


def told(found: ProfileEffect) -> dict[str, tuple[int, list[tuple[str, int]]]]:
    return {line.key: (line.devices, [(one.label, one.devices) for one in line.rivals]) for line in found.settings}


def test_who_decides_where_it_does_not(world: World, superuser: Any) -> None:
    profile = world.assign("S10", world.germany, values={X: "a", Y: "quiet", "system.volume": 7})
    other = DeviceFactory(directory=world.germany, firmware="Test Linux", firmware_version="1.0.0")
    world.assign("S11", world.bremen, "b")
    world.assign("S12", world.d, "c")
    for place in (world.d, other):
        world.assign("S13", place, values={Y: "loud"})
    found = profile_effect(profile=profile, user=superuser)
    assert (found.devices, found.without) == (2, 0)
    assert told(found) == {
        X: (1, [("S12", 1)]),
        Y: (0, [("S13", 2)]),
        "system.volume": (2, []),
    }
    assert [line.key for line in found.nowhere] == [Y]
    assert [line.key for line in found.partly] == [X]
    assert [line.key for line in found.everywhere] == ["system.volume"]
    (rival,) = found.nowhere[0].rivals
    assert rival.rule.startswith("Standard profile “S13” on the device beats standard profile “S10”")


def test_instances_that_are_removed(world: World, superuser: Any) -> None:
    profile = Profile.objects.get(pk=world.assign("S10", world.germany, instances={"one": "One"}).pk)
    assert told(profile_effect(profile=profile, user=superuser)) == {"one": (1, [])}
    lockdown = ProfileFactory(pk=11, name="Lockdown")
    type(lockdown.head).objects.filter(pk=lockdown.head_id).update(overwrite_sessions=True)
    profiles_assign(actor=SYSTEM, profiles=[lockdown], targets=[world.d])
    assert told(profile_effect(profile=profile, user=superuser)) == {"one": (0, [("Lockdown", 1)])}


def test_devices_on_which_it_does_not_count(world: World, superuser: Any) -> None:
    profile = world.assign("S10", world.germany, "a")
    definition = json.dumps({**DEFINITION, "name": "Other", "os": "other"})
    CatalogueFactory(name="Other", definition=definition, checksum="other", os="other")
    DeviceFactory(directory=world.germany, firmware="Other", firmware_version="1.0.0")
    found = profile_effect(profile=profile, user=superuser)
    assert (found.devices, found.without, told(found)) == (2, 1, {X: (1, [])})


def test_only_devices_that_one_may_read_and_constant_queries(world: World) -> None:
    profile = world.assign("S9000", world.germany, "a")
    user = UserFactory()
    GrantFactory(user=user, directory=world.bremen, action=Action.READ)

    def queries() -> int:
        profile_effect(profile=profile, user=user)
        with CaptureQueriesContext(connection) as captured:
            profile_effect(profile=profile, user=user)
        return len(captured)

    few = queries()
    for number in range(10):
        place = DirectoryFactory(name=f"Place {number}", parent=world.bremen)
        DeviceFactory(directory=place, firmware="Test Linux", firmware_version="1.0.0")
        profiles_assign(actor=SYSTEM, profiles=[ProfileFactory(values={X: f"{number}"})], targets=[place])
    DeviceFactory(directory=world.germany, firmware="Test Linux", firmware_version="1.0.0")
    assert queries() == few
    assert profile_effect(profile=profile, user=user).devices == 11


def test_page_and_api_say_the_same(cast: Cast) -> None:
    profile = cast.things["profile"].pk
    shown = cast.client("admin").get(reverse("effective:profile_effect", args=[profile])).content.decode()
    status, body = Api(cast, "admin").get(f"profiles/{profile}/effect/")
    assert status == 200
    assert body["devices"] == 1
    for line in body["settings"]:
        assert line["label"] in shown
    assert Api(cast, "stranger").get(f"profiles/{profile}/effect/").status == 404
