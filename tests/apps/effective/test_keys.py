"""Template keys end to end: which value reaches a device, what it comes to there, and where it comes from."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import (
    AssignmentFactory,
    DeviceFactory,
    DirectoryFactory,
    ProfileFactory,
    TemplateAssignmentFactory,
    TemplateKeyFactory,
    TemplateValueFactory,
    UserFactory,
    ValueGroupFactory,
)
from ums.core.actor import SYSTEM
from ums.devices.models import Device, Directory, LocalSettings, NetworkAdapter, SettingsState
from ums.devices.services import device_update, inventory_write
from ums.domain.protocol import Adapter as InventoryAdapter
from ums.domain.protocol import Inventory, decode_body
from ums.effective import contents, selectors
from ums.effective.layers import plans_for_devices
from ums.effective.selectors import settings_explained, settings_for_devices
from ums.effective.template_check import keys_missing
from ums.profiles.models import Profile, TemplateValue
from ums.profiles.services import key_delete, profile_save, value_update

pytestmark = pytest.mark.django_db


@pytest.fixture
def germany() -> Directory:
    return DirectoryFactory(name="Germany")


@pytest.fixture
def bremen(germany: Directory) -> Directory:
    return DirectoryFactory(name="Bremen", parent=germany)


@pytest.fixture
def device(bremen: Directory) -> Device:
    made: Device = DeviceFactory(directory=bremen, firmware="Test Linux", firmware_version="1.0.0", name="D")
    return made


def profile_with(values: dict[str, Any], on: Any, instances: dict[str, Any] | None = None, **given: Any) -> Profile:
    """A profile saved as the editor does, on a device or a directory."""
    profile: Profile = ProfileFactory(**given)
    settings = {"values": values, "instances": instances or {}}
    profile_save(actor=SYSTEM, profile=profile, settings=settings, overwrite_sessions=False, base=1)
    AssignmentFactory(profile=profile, **on_side(on))
    return profile


def on_side(target: Any) -> dict[str, Any]:
    return {"device": target} if isinstance(target, Device) else {"device": None, "directory": target}


def put(value: str, target: Any, key: str = "SITE") -> TemplateValue:
    """A value of a key on an object."""
    made: TemplateValue = TemplateValueFactory(key__name=key, value=value)
    TemplateAssignmentFactory(value=made, **on_side(target))
    return made


def body(device: Device) -> Any:
    """What the device gets."""
    return decode_body(settings_for_devices(device_ids=[device.pk])[device.pk].result.body)


def zone(device: Device) -> Any:
    return body(device).values["system.timezone"]


SITE = {"system.timezone": {"expression": "Br ${SITE}"}}


def test_vector_35_the_nearest_value(device: Device, bremen: Directory, germany: Directory) -> None:
    TemplateKeyFactory(name="SITE")
    profile_with(SITE, bremen)
    put("X", germany)
    assert zone(device) == "Br X"
    put("HB", bremen)
    assert zone(device) == "Br HB"
    put("D", device)
    assert zone(device) == "Br D"


def test_vector_36_no_value_is_not_set(device: Device, bremen: Directory) -> None:
    TemplateKeyFactory(name="SITE")
    profile_with(SITE, bremen)
    assert zone(device) == "UTC"
    assert "system.timezone" not in body(device).locked
    found = next(one for one in settings_explained(device=device).parameters if one.path == "system.timezone")
    [(layer, reason)] = found.explanation.ignored
    assert layer.place == "directory Bremen"
    assert reason == "Its value is “Br ${SITE}”, and the key SITE has no value here."


def test_without_a_value_a_weaker_profile_counts(device: Device, bremen: Directory, germany: Directory) -> None:
    TemplateKeyFactory(name="SITE")
    profile_with(SITE, bremen)
    profile_with({"system.timezone": "CET"}, germany)
    assert zone(device) == "CET"


def test_the_priority_of_the_profile_decides_and_not_that_of_the_value(device: Device, bremen: Directory) -> None:
    TemplateKeyFactory(name="SITE")
    profile_with(SITE, bremen)
    put("HB", device)
    profile_with({"system.timezone": "CET"}, device)
    assert zone(device) == "CET"


def test_on_one_object_its_own_value_beats_a_group_and_the_newer_group_an_older_one(
    device: Device, bremen: Directory
) -> None:
    TemplateKeyFactory(name="SITE")
    profile_with(SITE, bremen)
    for value in ("older", "newer"):
        group = ValueGroupFactory(values=[TemplateValueFactory(value=value)])
        TemplateAssignmentFactory(value=None, group=group, device=None, directory=bremen)
    assert zone(device) == "Br newer"
    own = put("own", bremen)
    assert zone(device) == "Br own"
    own.delete()
    assert zone(device) == "Br newer"
    group = ValueGroupFactory(values=[TemplateValueFactory(value="nearer")])
    TemplateAssignmentFactory(value=None, group=group, device=device)
    assert zone(device) == "Br nearer"


def test_a_changed_value_changes_what_the_device_gets(device: Device, bremen: Directory) -> None:
    TemplateKeyFactory(name="SITE")
    profile_with(SITE, bremen)
    value = put("HB", bremen)
    before = settings_for_devices(device_ids=[device.pk])[device.pk].result.tag
    value_update(actor=SYSTEM, row=value, value="HH", description="")
    assert zone(device) == "Br HH"
    assert settings_for_devices(device_ids=[device.pk])[device.pk].result.tag != before


def test_a_value_of_another_type_under_the_same_name_is_not_taken_for_the_old_one(
    device: Device, bremen: Directory
) -> None:
    key = TemplateKeyFactory(name="K", type="integer")
    profile_with({"system.timezone": {"expression": "${K}"}}, bremen)
    TemplateAssignmentFactory(value=TemplateValueFactory(key=key, value=1), device=device)
    assert zone(device) == "1"
    key_delete(actor=SYSTEM, key=key, confirmed=True)
    assert zone(device) == "UTC"
    key = TemplateKeyFactory(name="K", type="checkbox")
    TemplateAssignmentFactory(value=TemplateValueFactory(key=key, value=True), device=device)
    assert zone(device) == "true"


def test_in_instances(device: Device, bremen: Directory) -> None:
    TemplateKeyFactory(name="SITE")
    values = {"name": "RDP", "server": {"expression": "rds.${SITE}.example"}}
    instances = {"s1": {"class": "sessions.rdp%", "values": values}}
    profile_with({"display0.resolution": {"expression": "${SITE}"}}, bremen, instances)
    assert body(device).instances["s1"].values == {"name": "RDP", "server": ""}
    put("hb", device)
    found = body(device)
    assert found.values["display0.resolution"] == "hb"
    assert found.instances["s1"].values == {"name": "RDP", "server": "rds.hb.example"}
    assert list(found.instances) == ["s1"]


def test_what_the_parameter_refuses_is_not_set(device: Device, bremen: Directory) -> None:
    TemplateKeyFactory(name="SITE")
    profile_with({"system.volume": {"expression": "${SITE}"}}, bremen)
    put("loud", device)
    assert body(device).values["system.volume"] == 50
    found = next(one for one in settings_explained(device=device).parameters if one.path == "system.volume")
    assert "Enter a whole number from 0 to 100." in found.explanation.ignored[0][1]


def test_static_keys_come_from_the_device(bremen: Directory) -> None:
    device = DeviceFactory(
        directory=bremen, firmware="Test Linux", firmware_version="1.0.0", name="TC-1", unit_id="00e0c5aa",
        serial_number="S1", network_name="tc1", ip_address="192.0.2.7",
    )  # fmt: skip
    bare = DeviceFactory(directory=bremen, firmware="Test Linux", firmware_version="1.0.0")
    NetworkAdapter.objects.create(device=device, name="eth0", mac="aa", addresses=["10.0.0.1/24"])
    NetworkAdapter.objects.create(device=device, name="eth1", mac="bb", addresses=["192.0.2.7/24"])
    text = "${§MAC} ${HOSTNAME} ${UNITID} ${SERIALNUMBER} ${DEVICENAME}"
    profile_with({"system.timezone": {"expression": text}}, bremen)
    assert zone(device) == "bb tc1 00e0c5aa S1 TC-1"
    assert zone(bare) == "UTC"


def test_plans_are_shared_unless_static_keys_are_used(bremen: Directory) -> None:
    TemplateKeyFactory(name="SITE")
    devices = [DeviceFactory(directory=bremen, firmware="Test Linux", firmware_version="1.0.0") for _ in range(5)]
    put("HB", bremen)
    put("never used", bremen, "OTHER")
    profile_with(SITE, bremen)
    plans = [one.plan for one in plans_for_devices([device.pk for device in devices]).values()]
    assert len({id(plan) for plan in plans}) == 1
    assert plans[0].keys == '{"SITE":"HB"}'
    profile_with({"system.kernel": {"expression": "${UNITID}"}}, bremen)
    plans = [one.plan for one in plans_for_devices([device.pk for device in devices]).values()]
    assert len(set(plans)) == 5


def queries(devices: list[Device]) -> int:
    with CaptureQueriesContext(connection) as captured:
        plans_for_devices([device.pk for device in devices])
    return len(captured)


def test_the_number_of_queries_is_constant_and_none_while_no_profile_uses_keys(bremen: Directory) -> None:
    TemplateKeyFactory(name="SITE")
    devices = []
    for number in range(60):
        below = DirectoryFactory(parent=bremen)
        devices.append(DeviceFactory(directory=below, firmware="Test Linux", firmware_version="1.0.0"))
        put(f"site {number}", below)
        put(f"device {number}", devices[-1])
    AssignmentFactory(profile=ProfileFactory(values={"system.volume": 1}), device=None, directory=bremen)
    without = queries(devices)
    profile_with({"system.timezone": {"expression": "${SITE} ${MAC}"}}, bremen)
    assert queries(devices) == queries(devices[:1]) == without + 4


def test_plans_that_differ_in_keys_and_local_settings_take_as_many_queries_as_one_and_come_to_the_same(
    bremen: Directory,
) -> None:
    def forget() -> None:
        contents._REMEMBERED.clear()
        selectors._memo._results.clear()

    devices = [
        DeviceFactory(directory=bremen, firmware="Test Linux", firmware_version="1.0.0", name=f"TC-{number}")
        for number in range(40)
    ]
    for device in devices[20:]:
        local = {"values": {"system.kernel": device.name, "system.timezone": "UTC"}, "instances": {}}
        LocalSettings.objects.create(device=device, content=local)
    session = {"s1": {"class": "sessions.rdp%", "values": {"name": {"expression": "${DEVICENAME}"}}}}
    profile_with({"system.timezone": {"expression": "${DEVICENAME}"}, "system.volume": 7}, bremen, session)
    profile_with({"system.volume": 8}, bremen)
    settings_for_devices(device_ids=[devices[0].pk])  # remembers the catalogue
    one_by_one, counts = {}, []
    for device in devices:
        forget()
        one_by_one[device.pk] = settings_for_devices(device_ids=[device.pk])[device.pk].result
    for some in (devices[-1:], devices):
        forget()
        with CaptureQueriesContext(connection) as captured:
            found = settings_for_devices(device_ids=[device.pk for device in some])
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert {pk: one.result for pk, one in found.items()} == one_by_one
    assert len({one.result.tag for one in found.values()}) == 40
    last = decode_body(found[devices[-1].pk].result.body)
    assert (last.values["system.timezone"], last.values["system.kernel"]) == ("TC-39", "TC-39")
    assert last.instances["s1"].values["name"] == "TC-39" and last.locked == ["system.timezone", "system.volume"]


def test_explained_names_the_expression_and_where_its_values_are(
    device: Device, bremen: Directory, germany: Directory
) -> None:
    TemplateKeyFactory(name="SITE")
    profile_with({"system.timezone": {"expression": "${SITE}/${UNITID}"}}, bremen)
    value = put("HB", germany)
    explained = settings_explained(device=device)
    found = next(one for one in explained.parameters if one.path == "system.timezone")
    winner = found.explanation.winner
    assert winner
    assert str(winner.expressions["system.timezone"]) == "${SITE}/${UNITID}"
    assert (explained.keys["SITE"].value, explained.keys["SITE"].value_id) == ("HB", value.pk)
    assert explained.keys["SITE"].place == "directory Germany"
    assert explained.keys["UNITID"].place == ""


def test_a_profile_tells_on_how_many_of_its_devices_a_key_has_no_value(
    device: Device, bremen: Directory, germany: Directory
) -> None:
    user = UserFactory(is_superuser=True)
    profile = profile_with({"system.timezone": {"expression": "${SERIALNUMBER} ${UNITID}"}}, germany)
    profile.refresh_from_db()
    TemplateKeyFactory(name="SITE")
    DeviceFactory(directory=germany, serial_number="S1")
    assert [(one.name, one.devices) for one in keys_missing(user=user, profile=profile)] == [("SERIALNUMBER", 1)]
    settings = {"values": {"system.timezone": {"expression": "${SITE}"}}, "instances": {}}
    profile_save(actor=SYSTEM, profile=profile, settings=settings, overwrite_sessions=False, base=2)
    profile.refresh_from_db()
    assert [(one.name, one.devices) for one in keys_missing(user=user, profile=profile)] == [("SITE", 2)]
    value = TemplateValueFactory()
    TemplateAssignmentFactory(value=None, group=ValueGroupFactory(values=[value]), device=None, directory=bremen)
    assert [(one.name, one.devices) for one in keys_missing(user=user, profile=profile)] == [("SITE", 1)]
    put("HH", germany)
    assert keys_missing(user=user, profile=profile) == []


def _inventory(device: Device, **facts: Any) -> bool:
    """The device reports what it is; whether it is marked by that."""
    SettingsState.objects.filter(device=device).update(pending=False)
    inventory_write(
        device_id=device.pk,
        inventory=Inventory(**facts),
        firmware="Test Linux",
        firmware_version="1.0.0",
        agent_version="1",
        address="192.0.2.7",
    )
    return SettingsState.objects.get(device=device).pending


def test_a_device_is_marked_when_it_is_called_otherwise(device: Device, bremen: Directory) -> None:
    profile_with({"system.timezone": {"expression": "${DEVICENAME}"}}, bremen)
    SettingsState.objects.filter(device=device).update(pending=False)
    device_update(actor=SYSTEM, device=device, name="D", comment="moved to the ward")
    assert not SettingsState.objects.get(device=device).pending
    before = SettingsState.objects.get(device=device).seq
    device_update(actor=SYSTEM, device=device, name="CET")
    state = SettingsState.objects.get(device=device)
    assert state.pending and state.seq > before
    assert zone(device) == "CET"


def test_a_device_is_marked_when_it_reports_other_values_of_static_keys(device: Device, bremen: Directory) -> None:
    assert not _inventory(device, hostname="c"), "nothing depends on it"
    profile_with({"system.timezone": {"expression": "${MAC}"}}, bremen)
    adapters = [InventoryAdapter("eth0", "00:00:5e:00:53:01"), InventoryAdapter("wlan0", "00:00:5e:00:53:02")]
    docked = [adapters[0], InventoryAdapter("wlan0", "00:00:5e:00:53:02", ["192.0.2.7/24"])]
    assert _inventory(device, hostname="d", adapters=adapters)
    assert not _inventory(device, hostname="d", adapters=adapters, kernel="another one")
    assert _inventory(device, hostname="d", adapters=docked)
    assert _inventory(device, hostname="e", adapters=docked)
    assert _inventory(device, hostname="e", adapters=docked, serial_number="S1")


def test_what_waits_for_the_next_boot_goes_on_waiting(device: Device, bremen: Directory) -> None:
    profile_with({"system.timezone": {"expression": "${DEVICENAME}"}}, bremen)
    SettingsState.objects.filter(device=device).update(pending=True, deferred=True)
    device_update(actor=SYSTEM, device=device, name="CET")
    state = SettingsState.objects.get(device=device)
    assert state.pending and state.deferred
