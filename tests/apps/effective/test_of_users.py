"""Users who are logged in: what counts of their profiles, what these change, and what is warned about."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from swp.models import DirectoryObject, SessionPrincipal
from swp.reached import reached_by, reached_for_devices
from swp.services.assignments import user_assignments_add, user_assignments_remove
from tests.factories import CatalogueFactory, DeviceFactory, ProfileFactory, UserFactory
from tests.factories.profiles import DEFINITION
from tests.factories.swp import DirectoryObjectFactory, SessionFactory, UserAssignmentFactory
from ums.core.actor import SYSTEM
from ums.devices.models import Device, SettingsState
from ums.domain.display import NODE, VIRTUAL
from ums.domain.principals import Principal, PrincipalKind
from ums.domain.protocol import decode_body
from ums.effective.compatibility import not_for_users
from ums.effective.layers import plans_for_devices
from ums.effective.preview import preview
from ums.effective.selectors import settings_explained, settings_for_devices
from ums.profiles.models import Profile
from ums.profiles.services import profile_delete, profile_save, profiles_assign

pytestmark = pytest.mark.django_db

SCREENS = {
    **DEFINITION,
    "name": "Screens",
    "os": "ums-linux",
    "classes": [
        *DEFINITION["classes"],
        {"path": f"{NODE}%", "kind": "fixed", "label": "Screen", "indices": [0, 1]},
        {"path": "network.drive%", "kind": "free", "label": "Drive", "name_parameter": "name"},
    ],
    "parameters": [
        *DEFINITION["parameters"],
        {"path": f"{NODE}%.resolution", "page": "system", "type": "string", "default": "auto", "label": "Size"},
        {"path": "network.drive%.name", "page": "system", "type": "string", "default": "", "label": "Name"},
        {"path": "update.server", "page": "system", "type": "string", "default": "", "label": "Update server"},
    ],
}


def device(**given: Any) -> Device:
    CatalogueFactory(name="Screens", os="ums-linux", definition=json.dumps(SCREENS))
    return DeviceFactory(firmware="Screens", firmware_version="1.0.0", **given)


def profile(values: dict[str, Any], instances: dict[str, Any] | None = None, **given: Any) -> Profile:
    catalogue = CatalogueFactory(name="Screens", os="ums-linux", definition=json.dumps(SCREENS))
    row = ProfileFactory(based_on=catalogue, **given)
    return saved(row, values, instances)


def saved(row: Profile, values: dict[str, Any], instances: dict[str, Any] | None = None) -> Profile:
    row = Profile.objects.select_related("head").get(pk=row.pk)
    content = {"values": values, "instances": instances or {}}
    profile_save(actor=SYSTEM, profile=row, settings=content, overwrite_sessions=False, base=row.head.number)
    return Profile.objects.select_related("head", "based_on").get(pk=row.pk)


def assign(row: Profile, *targets: DirectoryObject) -> None:
    user_assignments_add(actor=SYSTEM, profiles=[row], objects=targets)


def values_on(one: Device) -> dict[str, Any]:
    return decode_body(settings_for_devices(device_ids=[one.pk])[one.pk].result.body).values


def transferred() -> None:
    SettingsState.objects.update(pending=False, deferred=False)


def pending() -> set[int]:
    return set(SettingsState.objects.filter(pending=True).values_list("pk", flat=True))


def test_one_query_while_nobody_is_logged_in_and_two_for_any_number_of_users() -> None:
    devices = [device() for _ in range(3)]
    group = DirectoryObjectFactory(kind="group", name="Alpha")
    assign(profile({"system.volume": 7}), group)
    with CaptureQueriesContext(connection) as nobody:
        assert reached_for_devices([one.pk for one in devices]) == {}
    assert len(nobody) == 1
    for one in devices:
        SessionFactory(device=one, groups=[group])
    for some in (devices[:1], devices):
        with CaptureQueriesContext(connection) as queries:
            found = reached_for_devices([one.pk for one in some])
        assert len(queries) == 2
        assert found.keys() == {one.pk for one in some}
    assert [one.principal.place for one in found[devices[0].pk]] == ["group Alpha"]


def test_a_user_without_any_assignment_and_a_role_reach_nothing() -> None:
    one = device()
    session = SessionFactory(device=one)
    SessionPrincipal.objects.create(session=session, kind="role", key="nurse", name="nurse", distance=1)
    UserAssignmentFactory()
    assert reached_for_devices([one.pk]) == {}
    role = Principal(PrincipalKind.ROLE, "nurse", "nurse", 1)
    assert reached_by([role]) == []


def test_a_group_that_two_linked_directories_know_counts_once() -> None:
    guid = uuid4()
    groups = [DirectoryObjectFactory(guid=guid, kind="group", name="Alpha") for _ in range(2)]
    row, one = profile({"system.volume": 7}), device()
    assign(row, *groups)
    SessionFactory(device=one, groups=groups[:1])
    assert len(reached_for_devices([one.pk])[one.pk]) == 1


def test_equal_users_share_a_plan_and_others_keep_theirs() -> None:
    devices = [device() for _ in range(3)]
    group = DirectoryObjectFactory(kind="group", name="Alpha")
    assign(profile({"system.volume": 7}), group)
    for one in devices[:2]:
        SessionFactory(device=one, groups=[group])
    plans = {pk: found.plan for pk, found in plans_for_devices([one.pk for one in devices]).items()}
    first, second, third = (plans[one.pk] for one in devices)
    assert first == second != third
    assert [values_on(one)["system.volume"] for one in devices] == [7, 7, 50]


def test_settings_as_they_were_after_the_session_ended() -> None:
    one, user = device(), DirectoryObjectFactory()
    assign(profile({"system.volume": 7}), user)
    before = settings_for_devices(device_ids=[one.pk])[one.pk].result.tag
    session = SessionFactory(device=one, user=user)
    assert settings_for_devices(device_ids=[one.pk])[one.pk].result.tag != before
    session.delete()
    assert settings_for_devices(device_ids=[one.pk])[one.pk].result.tag == before


def test_explained_with_and_without_the_user() -> None:
    one, user = device(), DirectoryObjectFactory()
    assign(profile({"system.volume": 7}, name="Quiet"), user)
    SessionFactory(device=one, user=user)

    def explained(**given: Any) -> Any:
        return next(p for p in settings_explained(device=one, **given).parameters if p.path == "system.volume")

    assert explained().explanation.value == 7
    assert f"on user {user.name}" in explained().explanation.rule
    assert explained(login=()).explanation.value == 50


def test_changes_of_profiles_mark_the_devices_of_their_users() -> None:
    one, other, group = device(), device(), DirectoryObjectFactory(kind="group")
    row = profile({"system.volume": 7})
    transferred()
    assign(row, group)
    assert pending() == set(), "nobody is logged in"
    SessionFactory(device=one, groups=[group])
    SessionFactory(device=other)
    row = saved(row, {"system.volume": 8})
    assert pending() == {one.pk}
    transferred()
    user_assignments_remove(actor=SYSTEM, assignments=list(row.user_assignments.all()))
    assert pending() == {one.pk}
    transferred()
    assign(row, group)
    assert pending() == {one.pk}
    transferred()
    profile_delete(actor=SYSTEM, profile=row)
    assert pending() == {one.pk}
    assert values_on(one)["system.volume"] == 50


def test_preview_of_an_assignment_to_a_group() -> None:
    devices, group = [device() for _ in range(3)], DirectoryObjectFactory(kind="group", name="Alpha")
    row = profile({"system.volume": 7})
    for one in devices[:2]:
        SessionFactory(device=one, groups=[group])
    found = preview(lambda: assign(row, group), user=None)
    assert (found.looked_at, found.changed) == (2, 2)
    assert [(line.change.key, line.change.before, line.change.after, line.devices) for line in found.lines] == [
        ("system.volume", 50, 7, 2)
    ]
    assert values_on(devices[0])["system.volume"] == 50, "nothing was done"
    assign(row, group)
    undone = preview(
        lambda: user_assignments_remove(actor=SYSTEM, assignments=list(row.user_assignments.all())), user=None
    )
    assert [(line.change.before, line.change.after) for line in undone.lines] == [(7, 50)]


def test_what_users_cannot_have_is_left_out_said_in_the_preview_and_before(client: Client) -> None:
    one, group = device(), DirectoryObjectFactory(kind="group")
    drive = {"A": {"class": "network.drive%", "values": {"name": "Home"}}}
    row = profile({"system.volume": 7, "update.server": "u"}, drive, name="Kiosk")
    SessionFactory(device=one, groups=[group])
    told = not_for_users(profile=row)
    assert told.total == 3
    assert [(line.label, line.reason) for line in told.refused] == [
        ("Update server", "Update settings cannot be set by a profile of a user on Linux devices."),
        ("Drive", "Network settings and network drives cannot be set by a profile of a user on Linux devices."),
    ]
    client.force_login(UserFactory(is_superuser=True))
    dialog = client.get(reverse("effective:for_users"), {"profile": row.pk}).content.decode()
    assert "Kiosk: 2 of 3 settings will not be effective for users" in dialog
    assert client.get(f"/api/v1/profiles/{row.pk}/for-users/").json()["refused"][0]["key"] == "update.server"
    found = preview(lambda: assign(row, group), user=None)
    assert any("“Kiosk” does not set update.server on 1 device. Update settings" in one for one in found.warnings)
    assign(row, group)
    result = decode_body(settings_for_devices(device_ids=[one.pk])[one.pk].result.body)
    assert (result.values["system.volume"], result.values["update.server"], result.instances) == (7, "", {})
    shown = {p.path: p.explanation.ignored for p in settings_explained(device=one).parameters if p.explanation.ignored}
    assert shown.keys() == {"update.server", "network.drive%"}
    profiles_assign(actor=SYSTEM, profiles=[row], targets=[one])
    assert values_on(one)["update.server"] == "u", "on the device itself it counts"
    assert not_for_users(profile=profile({"system.volume": 7})).refused == ()


def test_a_desktop_that_does_not_fit_is_warned_about_before() -> None:
    small, large = device(extra={VIRTUAL: "1920x1200"}), device(extra={VIRTUAL: "7680x4320"})
    group = DirectoryObjectFactory(kind="group")
    row = profile({f"{NODE}0.resolution": "3840x2160"})
    for one in (small, large):
        SessionFactory(device=one, groups=[group])
    found = preview(lambda: assign(row, group), user=None)
    assert [text for text in found.warnings if "desktop" in text] == [
        "On 1 device: The settings of the user make a desktop of 3840 × 2160, larger than the 1920 × 1200 that the "
        "device set aside when it started. The device cannot change its screens then. Let it start with all its "
        "screens, and their resolution automatic."
    ]
