"""Licences come in by a file or a test, go to devices for good, and decide whether users may log in there."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import ProtectedError
from django.utils import timezone

from tests.cast import Cast
from tests.factories import DeviceFactory
from tests.factories.licences import GivenLicenceFactory, LicenceFactory
from ums.audit.models import Event
from ums.core.actor import SYSTEM
from ums.core.errors import AppError, Conflict
from ums.devices.models import Device
from ums.domain.licences import ASSET_INVENTORY, TRIAL, LicenceKind
from ums.features.selectors import check_available
from ums.features.services import feature_switch
from ums.licences.models import GivenLicence, Licence
from ums.licences.selectors import user_licence, user_licences
from ums.licences.services import licence_give, licences_import, trial_start

pytestmark = pytest.mark.django_db

OS_10 = {"firmware": "IGEL OS 10", "firmware_version": "10.06.190"}
LINE: dict[str, Any] = {"number": "EMP-77", "kind": "emp", "quantity": 2, "expires": "2099-12-31"}


def file_of(*lines: dict[str, Any]) -> bytes:
    return json.dumps({"format": "ums-licences/1", "licences": lines}).encode()


def only(device: Device) -> Any:
    return Device.objects.filter(pk=device.pk)


def test_a_device_needs_a_licence_and_keeps_it() -> None:
    device = DeviceFactory()
    assert not user_licence(device.pk).valid
    licence = LicenceFactory(quantity=1)
    assert licence_give(actor=SYSTEM, licence=licence, devices=only(device)) == 1
    state = user_licence(device.pk)
    assert (state.valid, state.kind, state.expires_at) == (True, LicenceKind.EMP, licence.expires_at)
    assert licence_give(actor=SYSTEM, licence=licence, devices=only(device)) == 0, "once"
    unit_id = device.unit_id
    device.delete()
    assert user_licence(device.pk).words == "There is no such device."
    assert user_licence(DeviceFactory(unit_id=unit_id).pk).valid, "it came back and still has it"


def test_a_licence_that_is_given_stays() -> None:
    given = GivenLicenceFactory()
    with pytest.raises(ProtectedError):
        given.licence.delete()


def test_many_devices_cost_as_much_as_one(django_assert_num_queries: Any) -> None:
    licence = LicenceFactory()
    devices = [DeviceFactory() for _ in range(12)]
    for device in devices[::2]:
        GivenLicenceFactory(licence=licence, unit_id=device.unit_id)
    with django_assert_num_queries(3):
        states = user_licences([device.pk for device in devices])
    assert [states[device.pk].valid for device in devices] == [True, False] * 6


def test_it_expires() -> None:
    device = DeviceFactory()
    GivenLicenceFactory(unit_id=device.unit_id, licence=LicenceFactory(expires_at=timezone.now() - timedelta(hours=1)))
    state = user_licence(device.pk)
    assert not state.valid and "expired" in state.words


def test_the_add_on_is_for_os_10_and_for_ever() -> None:
    old, new = DeviceFactory(**OS_10), DeviceFactory()
    add_on = LicenceFactory(kind="swp", expires_at=None, quantity=5)
    licence_give(actor=SYSTEM, licence=add_on, devices=only(old))
    assert user_licence(old.pk).valid and user_licence(old.pk).expires_at is None
    with pytest.raises(AppError, match="does not count for") as refused:
        licence_give(actor=SYSTEM, licence=add_on, devices=Device.objects.filter(pk__in=[old.pk, new.pk]))
    assert refused.value.code == "licence_unfitting"
    assert GivenLicence.objects.count() == 1


def test_no_more_devices_than_it_is_for() -> None:
    DeviceFactory.create_batch(3)
    licence = LicenceFactory(quantity=2)
    with pytest.raises(Conflict, match="has 2 of 2 left, and 3 are asked for"):
        licence_give(actor=SYSTEM, licence=licence, devices=Device.objects.all())
    with pytest.raises(Conflict) as refused:
        licence_give(actor=SYSTEM, licence=licence, devices=Device.objects.all(), expect=2)
    assert refused.value.code == "count_changed"
    assert not GivenLicence.objects.exists()


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"expires_at": timezone.now() - timedelta(days=1)}, "licence_expired"),
        ({"kind": "ha", "expires_at": None}, "licence_unfitting"),
    ],
)
def test_what_cannot_be_given(facts: dict[str, Any], code: str) -> None:
    with pytest.raises(AppError) as refused:
        licence_give(actor=SYSTEM, licence=LicenceFactory(**facts), devices=only(DeviceFactory()))
    assert refused.value.code == code


def test_the_test_licence_is_for_everybody_and_once() -> None:
    devices = [DeviceFactory(), DeviceFactory(**OS_10)]
    licence = trial_start(actor=SYSTEM)
    assert all(state.valid and state.test for state in user_licences([one.pk for one in devices]).values())
    assert abs(licence.expires_at - timezone.now() - TRIAL) < timedelta(minutes=1)
    with pytest.raises(Conflict) as refused:
        trial_start(actor=SYSTEM)
    assert refused.value.code == "trial_used"
    Licence.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert not user_licence(devices[0].pk).valid
    with pytest.raises(Conflict):
        trial_start(actor=SYSTEM)


def test_an_import_gives_licences_to_the_devices_that_it_names() -> None:
    device = DeviceFactory()
    data = file_of({**LINE, "devices": [device.unit_id, "NOT-YET-HERE"]}, {**LINE, "number": "EMP-78"})
    done = licences_import(actor=SYSTEM, data=data)
    assert (done.added, done.known, done.given) == (2, 0, 2)
    assert user_licence(device.pk).valid
    assert user_licence(DeviceFactory(unit_id="NOT-YET-HERE").pk).valid
    again = licences_import(actor=SYSTEM, data=data)
    assert (again.added, again.known, again.given) == (0, 2, 0)


@pytest.mark.parametrize(
    ("second", "code"),
    [
        ({**LINE, "quantity": 200}, "licence_differs"),
        ({**LINE, "expires": "2100-01-01"}, "licence_differs"),
        ({**LINE, "devices": ["A", "B"]}, "licence_used_up"),
        ({**LINE, "kind": "none"}, "licence_file"),
    ],
)
def test_an_import_is_all_or_nothing(second: dict[str, Any], code: str) -> None:
    licences_import(actor=SYSTEM, data=file_of({**LINE, "devices": ["C"]}))
    with pytest.raises(AppError) as refused:
        licences_import(actor=SYSTEM, data=file_of({**LINE, "number": "EMP-78"}, second))
    assert refused.value.code == code
    assert Licence.objects.count() == 1 and GivenLicence.objects.count() == 1


def test_all_of_it_stands_in_the_audit_log() -> None:
    device = DeviceFactory(name="Desk 7")
    licences_import(actor=SYSTEM, data=file_of({**LINE, "devices": [device.unit_id]}))
    trial_start(actor=SYSTEM)
    told = list(Event.objects.order_by("pk").values_list("action", "object_name"))
    assert told == [
        ("licence.imported", "EMP-77"),
        ("licence.given", "Desk 7"),
        ("licence.trial_started", "TEST-LICENCE"),
    ]


@pytest.mark.parametrize("role", ["admin", "reader", "stranger"])
def test_licences_are_a_matter_of_the_whole_network(role: str, cast: Cast) -> None:
    actor, licence = cast.actor(role), LicenceFactory()
    with pytest.raises(AppError, match="permission"):
        licences_import(actor=actor, data=file_of(LINE))
    with pytest.raises(AppError, match="permission"):
        licence_give(actor=actor, licence=licence, devices=only(cast.things["device"]))
    with pytest.raises(AppError, match="permission"):
        trial_start(actor=actor)


def test_the_asset_inventory_tracker_needs_one_in_the_network() -> None:
    with pytest.raises(Conflict) as refused:
        check_available(ASSET_INVENTORY)
    assert refused.value.code == "not_licensed" and "Enterprise Management Pack" in refused.value.message
    LicenceFactory(expires_at=timezone.now() + timedelta(days=1))
    check_available(ASSET_INVENTORY)
    feature_switch(actor=SYSTEM, name=ASSET_INVENTORY, enabled=False)
    with pytest.raises(Conflict) as refused:
        check_available(ASSET_INVENTORY)
    assert refused.value.code == "feature_off"


def test_the_pages_tell_that_it_lacks_a_licence(cast: Cast) -> None:
    client = cast.client("root")
    assert "needs the Enterprise Management Pack" not in client.get("/webapp/licences/").content.decode()
    Licence.objects.all().delete()
    for page in ("licences", "features"):
        told = client.get(f"/webapp/{page}/").content.decode()
        assert "No licence. The Asset Inventory Tracker needs the Enterprise Management Pack." in told
