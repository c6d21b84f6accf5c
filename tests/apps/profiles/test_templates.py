"""Template keys through their services: names, values, groups, assigning, and which devices a change reaches."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.apps.asking import Api
from tests.cast import Cast
from tests.factories import (
    CatalogueFactory,
    DeviceFactory,
    DirectoryFactory,
    ProfileFactory,
    TemplateAssignmentFactory,
    TemplateKeyFactory,
    TemplateValueFactory,
    ValueGroupFactory,
    root,
)
from ums.audit.models import Event
from ums.core.actor import SYSTEM
from ums.core.errors import AppError, Conflict, NotAllowed
from ums.devices.models import Device, DirectoryKind, SettingsState
from ums.devices.services import When
from ums.profiles.keys import profiles_by_key
from ums.profiles.models import Profile, TemplateAssignment, TemplateKey, TemplateValue, ValueGroup
from ums.profiles.services import (
    group_create,
    group_delete,
    group_update,
    key_create,
    key_delete,
    key_update,
    profile_create,
    profile_save,
    templates_assign,
    templates_unassign,
    value_create,
    value_delete,
    value_update,
)

pytestmark = pytest.mark.django_db


def key(name: str = "SITE", **given: Any) -> TemplateKey:
    """A key made by the service."""
    return key_create(actor=SYSTEM, name=name, directory=root(DirectoryKind.TEMPLATE), **given)


def using(text: str, name: str = "P") -> Profile:
    """A profile whose time zone is an expression."""
    return profile_create(
        actor=SYSTEM,
        name=name,
        directory=root(DirectoryKind.PROFILE),
        based_on=CatalogueFactory(),
        settings={"values": {"system.timezone": {"expression": text}}, "instances": {}},
    )


@pytest.fixture
def bremen() -> Any:
    """A directory with a device in a directory below it."""
    directory = DirectoryFactory(name="Bremen")
    device = DeviceFactory(directory=DirectoryFactory(parent=directory))
    SettingsState.objects.filter(pk=device.pk).update(pending=False)
    return directory


def reached() -> set[int]:
    """Devices that wait for settings; forgets it."""
    found = set(SettingsState.objects.filter(pending=True).values_list("pk", flat=True))
    SettingsState.objects.update(pending=False)
    return found


def everybody() -> set[int]:
    return set(Device.objects.values_list("pk", flat=True))


# --- Keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "part"),
    [("1", "begins with a letter"), ("mac", "static key"), ("site", "There is a key SITE already"), ("", "letter")],
)
def test_a_name_that_is_refused(name: str, part: str) -> None:
    key()
    with pytest.raises(AppError) as refused:
        key(name)
    assert part in refused.value.fields["name"][0]


def test_a_key_lies_among_keys() -> None:
    with pytest.raises(AppError) as refused:
        key_create(actor=SYSTEM, name="SITE", directory=root(DirectoryKind.PROFILE))
    assert refused.value.code == "directory_other_kind"


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(AppError) as refused:
        key(type="date")
    assert "type" in refused.value.fields


def test_a_key_that_profiles_name_keeps_its_name() -> None:
    site = key()
    using("${SITE}")
    given: dict[str, Any] = {"actor": SYSTEM, "key": site, "type": "string"}
    key_update(name="SITE", description="Where it stands", **given)
    with pytest.raises(Conflict, match="used by “P”"):
        key_update(name="PLACE", description="", **given)


def test_a_key_with_values_keeps_its_type() -> None:
    site = key()
    key_update(actor=SYSTEM, key=site, name="LEVEL", type="integer", description="")
    value_create(actor=SYSTEM, key=site, value=3)
    with pytest.raises(Conflict) as refused:
        key_update(actor=SYSTEM, key=site, name="LEVEL", type="string", description="")
    assert refused.value.code == "key_has_values"


def test_a_key_in_use_is_deleted_when_confirmed_only(bremen: Any) -> None:
    site = key()
    profile = using("${SITE}")
    TemplateAssignmentFactory(value=TemplateValueFactory(key=site), device=None, directory=bremen)
    with pytest.raises(Conflict, match="“P”"):
        key_delete(actor=SYSTEM, key=site)
    assert not reached()
    key_delete(actor=SYSTEM, key=site, confirmed=True)
    assert reached() == everybody()
    assert not TemplateAssignment.objects.exists()
    assert profiles_by_key() == {"SITE": [profile]}


def test_a_refusal_names_no_profile_that_one_may_not_read(cast: Cast) -> None:
    site = key_create(actor=SYSTEM, name="SITE", directory=cast.own[DirectoryKind.TEMPLATE])
    using("${SITE}", "Hidden")
    with pytest.raises(Conflict) as refused:
        key_delete(actor=cast.actor("admin"), key=site)
    assert "Hidden" not in refused.value.message
    assert "1 profile that you may not read" in refused.value.message


def test_a_profile_in_the_recycle_bin_is_no_user_of_a_key() -> None:
    site = key()
    profile = using("${SITE}")
    Profile.objects.filter(pk=profile.pk).update(deleted_at="2026-01-01T00:00Z")
    key_delete(actor=SYSTEM, key=site)


# --- Profiles --------------------------------------------------------------------------------------------------------


def test_a_profile_with_an_unknown_key_is_refused_at_the_field() -> None:
    key()
    with pytest.raises(AppError) as refused:
        using("${SITE} ${SIET}")
    assert refused.value.code == "settings_invalid"
    assert "no template key SIET" in refused.value.fields["system.timezone"][0]
    assert not Profile.objects.exists()


def test_a_profile_with_static_keys_needs_none() -> None:
    profile = using("${§MAC}/${HOSTNAME}")
    assert profile.head
    assert profile.head.template_keys == ["HOSTNAME", "MAC"]


def test_in_instances_too() -> None:
    profile = ProfileFactory()
    server = {"server": {"expression": "rds.${SITE}.example"}}
    settings = {"values": {}, "instances": {"s1": {"class": "sessions.rdp%", "values": server}}}
    with pytest.raises(AppError) as refused:
        profile_save(actor=SYSTEM, profile=profile, settings=settings, overwrite_sessions=False, base=1)
    assert "SITE" in refused.value.fields["s1:server"][0]
    key()
    revision = profile_save(actor=SYSTEM, profile=profile, settings=settings, overwrite_sessions=False, base=1)
    assert revision.content == settings


def test_a_secret_takes_no_expression() -> None:
    key()
    with pytest.raises(AppError) as refused:
        profile_create(
            actor=SYSTEM,
            name="P",
            directory=root(DirectoryKind.PROFILE),
            based_on=CatalogueFactory(),
            settings={"values": {"system.password": {"expression": "${SITE}"}}, "instances": {}},
        )
    assert "secret" in refused.value.fields["system.password"][0]


# --- Values and groups -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "raw", "stored"),
    [("string", "HB", "HB"), ("checkbox", "on", True), ("checkbox", False, False), ("integer", "7", 7),
     ("float", "1", 1.0)],
)  # fmt: skip
def test_a_value_has_the_type_of_its_key(kind: str, raw: Any, stored: Any) -> None:
    one = key(type=kind)
    made = value_create(actor=SYSTEM, key=one, value=raw)
    value = TemplateValue.objects.get(pk=made.pk).value
    assert (value, type(value)) == (stored, type(stored))
    with pytest.raises(AppError) as refused:
        value_create(actor=SYSTEM, key=one, value=raw)
    assert "has this value already" in refused.value.fields["value"][0]


def test_a_value_of_another_type_is_refused() -> None:
    with pytest.raises(AppError) as refused:
        value_create(actor=SYSTEM, key=key(type="integer"), value="seven")
    assert "whole number" in refused.value.fields["value"][0]


def test_a_changed_value_reaches_the_devices_that_have_it_directly_and_in_groups(bremen: Any) -> None:
    value, other = TemplateValueFactory(value="HB"), TemplateValueFactory(value="X")
    group = ValueGroupFactory(values=[value])
    alone = DeviceFactory(name="alone")
    DeviceFactory(name="untouched")
    templates_assign(actor=SYSTEM, values=[value], targets=[alone])
    templates_assign(actor=SYSTEM, groups=[group], targets=[bremen])
    templates_assign(actor=SYSTEM, values=[other], targets=[DeviceFactory(name="other")])
    with_value = {alone.pk, *Device.objects.filter(directory__parent=bremen).values_list("pk", flat=True)}
    reached()
    value_update(actor=SYSTEM, row=value, value="HB", description="Bremen")
    assert not reached()
    value_update(actor=SYSTEM, row=value, value="HB2", description="Bremen")
    assert reached() == with_value
    value_delete(actor=SYSTEM, row=value)
    assert reached() == with_value
    assert not group.values.exists()


def test_a_group_has_one_value_of_each_key() -> None:
    one, two, level = TemplateValueFactory(value="HB"), TemplateValueFactory(value="X"), TemplateValueFactory(
        key__name="LEVEL"
    )  # fmt: skip
    given: dict[str, Any] = {"actor": SYSTEM, "directory": root(DirectoryKind.TEMPLATE)}
    with pytest.raises(AppError) as refused:
        group_create(name="G", values=[one, two], **given)
    assert "SITE = HB and SITE = X" in refused.value.fields["values"][0]
    assert not ValueGroup.objects.exists()
    group = group_create(name="G", values=[one, level], **given)
    with pytest.raises(AppError, match="do not go together"):
        group_update(actor=SYSTEM, group=group, name="G", description="", values=[one, two, level])


def test_a_group_reaches_its_devices_when_its_values_change(bremen: Any) -> None:
    one, two = TemplateValueFactory(value="HB"), TemplateValueFactory(value="X")
    group = ValueGroupFactory(values=[one])
    templates_assign(actor=SYSTEM, groups=[group], targets=[bremen])
    reached()
    given: dict[str, Any] = {"actor": SYSTEM, "group": group}
    group_update(name="Renamed", description="", values=[one], **given)
    assert not reached()
    group_update(name="Renamed", description="", values=[two], when=When.NEXT_BOOT, **given)
    assert set(SettingsState.objects.filter(deferred=True).values_list("pk", flat=True)) == reached() == everybody()
    group_delete(**given)
    assert reached() == everybody()
    assert TemplateValue.objects.count() == 2


def test_the_name_of_a_group_is_unique() -> None:
    ValueGroupFactory(name="G")
    with pytest.raises(AppError) as refused:
        group_create(actor=SYSTEM, name="G", directory=root(DirectoryKind.TEMPLATE))
    assert "name" in refused.value.fields


# --- Assigning -------------------------------------------------------------------------------------------------------


def test_assigning_reaches_the_devices_below_and_removing_too(bremen: Any) -> None:
    value = TemplateValueFactory()
    DeviceFactory()
    SettingsState.objects.update(pending=False)
    below = set(Device.objects.filter(directory__parent=bremen).values_list("pk", flat=True))
    made = templates_assign(actor=SYSTEM, values=[value], targets=[bremen])
    assert reached() == below
    assert templates_assign(actor=SYSTEM, values=[value], targets=[bremen]) == []
    assert not reached()
    assert templates_unassign(actor=SYSTEM, assignments=made) == [(value, bremen)]
    assert reached() == below
    assert templates_unassign(actor=SYSTEM, assignments=made) == []


def test_a_second_value_of_a_key_is_refused_with_the_one_that_is_there(bremen: Any) -> None:
    here, other = TemplateValueFactory(value="HB"), TemplateValueFactory(value="X")
    templates_assign(actor=SYSTEM, values=[here, TemplateValueFactory(key__name="LEVEL")], targets=[bremen])
    with pytest.raises(Conflict) as refused:
        templates_assign(actor=SYSTEM, values=[other], targets=[DeviceFactory(), bremen])
    assert "“Bremen” has SITE = HB already" in refused.value.message
    assert TemplateAssignment.objects.count() == 2
    templates_assign(actor=SYSTEM, values=[other], targets=[root()])
    templates_assign(actor=SYSTEM, groups=[ValueGroupFactory(values=[other])], targets=[bremen])


def test_two_values_of_a_key_at_once_are_refused() -> None:
    with pytest.raises(Conflict, match="SITE = HB and SITE = X"):
        templates_assign(
            actor=SYSTEM,
            values=[TemplateValueFactory(value="HB"), TemplateValueFactory(value="X")],
            targets=[DeviceFactory()],
        )


def test_targets_are_devices_and_their_directories() -> None:
    with pytest.raises(AppError) as refused:
        templates_assign(actor=SYSTEM, values=[TemplateValueFactory()], targets=[root(DirectoryKind.PROFILE)])
    assert refused.value.code == "target_other_kind"


def test_what_is_gone_is_told() -> None:
    value, device = TemplateValueFactory(), DeviceFactory()
    TemplateValue.objects.filter(pk=value.pk).delete()
    with pytest.raises(Conflict) as refused:
        templates_assign(actor=SYSTEM, values=[value], targets=[device])
    assert refused.value.code == "object_gone"


def test_too_many_at_once() -> None:
    values, device = [TemplateValueFactory()] * 101, DeviceFactory()
    with pytest.raises(AppError) as refused:
        templates_assign(actor=SYSTEM, values=values, targets=[device] * 100)
    assert refused.value.code == "too_many_assignments"


def test_assigning_takes_the_same_queries_for_many() -> None:
    counts = []
    for number in (1, 6):
        values = [TemplateValueFactory(key__name=f"K{number}_{at}") for at in range(number)]
        targets = [DeviceFactory() for _ in range(5)]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(templates_assign(actor=SYSTEM, values=values, targets=targets)) == 5 * number
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("role", ["reader", "stranger"])
def test_who_may_not(cast: Cast, role: str) -> None:
    actor, directory = cast.actor(role), cast.own[DirectoryKind.TEMPLATE]
    site = TemplateKeyFactory(name="SITE", directory=directory)
    value, group = TemplateValueFactory(key=site), ValueGroupFactory(directory=directory)
    row = TemplateAssignmentFactory(value=value, device=cast.things["device"])
    calls: list[tuple[Any, dict[str, Any]]] = [
        (key_create, {"name": "A", "directory": directory}),
        (key_update, {"key": site, "name": "SITE", "type": "string", "description": ""}),
        (key_delete, {"key": site}),
        (value_create, {"key": site, "value": "a"}),
        (value_update, {"row": value, "value": "a", "description": ""}),
        (value_delete, {"row": value}),
        (group_create, {"name": "A", "directory": directory}),
        (group_update, {"group": group, "name": "A", "description": "", "values": []}),
        (group_delete, {"group": group}),
        (templates_assign, {"values": [value], "targets": [cast.things["directory"]]}),
        (templates_assign, {"groups": [group], "targets": [cast.things["directory"]]}),
        (templates_unassign, {"assignments": [row]}),
    ]
    for call, given in calls:
        with pytest.raises(NotAllowed):
            call(actor=actor, **given)


def test_assigning_needs_the_permission_on_both_sides(cast: Cast) -> None:
    admin, device = cast.actor("admin"), cast.things["device"]
    own = TemplateValueFactory(key=TemplateKeyFactory(name="A", directory=cast.own[DirectoryKind.TEMPLATE]))
    other = TemplateValueFactory(key=TemplateKeyFactory(name="B", directory=cast.other[DirectoryKind.TEMPLATE]))
    templates_assign(actor=admin, values=[own], targets=[device])
    for value, target in ((other, device), (own, cast.things["elsewhere"])):
        with pytest.raises(NotAllowed):
            templates_assign(actor=admin, values=[value], targets=[target])


def test_each_write_leaves_an_event() -> None:
    site = key()
    key_update(actor=SYSTEM, key=site, name="PLACE", type="string", description="")
    value = value_create(actor=SYSTEM, key=site, value="HB")
    value_update(actor=SYSTEM, row=value, value="B", description="")
    group = group_create(actor=SYSTEM, name="G", directory=root(DirectoryKind.TEMPLATE), values=[value])
    group_update(actor=SYSTEM, group=group, name="H", description="", values=[])
    made = templates_assign(actor=SYSTEM, values=[value], groups=[group], targets=[DeviceFactory()])
    templates_unassign(actor=SYSTEM, assignments=made)
    group_delete(actor=SYSTEM, group=group)
    value_delete(actor=SYSTEM, row=value)
    key_delete(actor=SYSTEM, key=site)
    events: list[Any] = list(Event.objects.order_by("pk").values_list("action", "object_name", "before", "after"))
    assert [event[0] for event in events] == [
        "template_key.created", "template_key.updated", "template_value.created", "template_value.updated",
        "value_group.created", "value_group.updated", "template_value.assigned", "template_value.assigned",
        "template_value.unassigned", "template_value.unassigned", "value_group.deleted", "template_value.deleted",
        "template_key.deleted",
    ]  # fmt: skip
    assert events[1][2:] == ({"name": "SITE"}, {"name": "PLACE"})
    assert events[3][2:] == ({"value": "HB"}, {"value": "B"})
    assert events[4][3]["values"] == ["PLACE = B"]


def test_a_group_shows_only_values_of_keys_that_one_may_read_and_keeps_the_others(cast: Cast) -> None:
    own = TemplateValueFactory(
        key=TemplateKeyFactory(name="OWN", directory=cast.own[DirectoryKind.TEMPLATE]), value="own value"
    )
    other = TemplateValueFactory(
        key=TemplateKeyFactory(name="HID", directory=cast.other[DirectoryKind.TEMPLATE]), value="unseen-77"
    )
    group = ValueGroupFactory(name="Mixed", directory=cast.own[DirectoryKind.TEMPLATE], values=[own, other])
    url = reverse("profiles:value_group_detail", args=[group.pk])
    for address in (url, reverse("profiles:value_group_list")):
        page = cast.client("admin").get(address).content.decode()
        assert "own value" in page and "unseen-77" not in page and "HID" not in page
    api = Api(cast, "admin")
    assert [one["name"] for one in api.get(f"value-groups/{group.pk}/").body["values"]] == ["OWN = own value"]
    for body in ({"name": "New name"}, {"values": [own.pk]}, {"values": []}):
        told = api.patch(f"value-groups/{group.pk}/", body)
        assert told.status == 200 and "unseen-77" not in str(told.body)
        assert other in group.values.all()
    assert set(group.values.all()) == {other}
    assert Api(cast, "root").patch(f"value-groups/{group.pk}/", {"values": []}).status == 200
    assert not group.values.exists()
