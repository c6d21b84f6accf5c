"""Parameter catalogues: stored, imported, replaced and deleted."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from tests.factories import AssignmentFactory, CatalogueFactory, DeviceFactory, ProfileFactory, UserFactory
from tests.factories.profiles import DEFINITION
from ums.audit.models import Event
from ums.core.actor import SYSTEM, Actor
from ums.core.errors import AppError, NotAllowed
from ums.devices.models import Device, SettingsState
from ums.profiles.content import catalogue_of
from ums.profiles.models import Catalogue
from ums.profiles.services import catalogue_delete, catalogue_import, catalogue_store

pytestmark = pytest.mark.django_db

ADMIN = SYSTEM
SETUP = b"<vlist><a><b>value=<1>type=<integer></b><c>value=<x>type=<colour></c></a></vlist>"


def definition(change: Any = None) -> bytes:
    """DEFINITION with a change."""
    data = deepcopy(DEFINITION)
    if change:
        change(data)
    return json.dumps(data).encode()


def settled(**fields: Any) -> Device:
    """A device that waits for nothing."""
    device: Device = DeviceFactory(firmware="Test Linux", firmware_version="1.0.0", **fields)
    SettingsState.objects.filter(device=device).update(pending=False)
    return device


def pending(device: Device) -> bool:
    return SettingsState.objects.get(device=device).pending


def parameter(data: dict[str, Any], path: str) -> dict[str, Any]:
    return next(entry for entry in data["parameters"] if entry["path"] == path)


def louder(data: dict[str, Any]) -> None:
    parameter(data, "system.volume")["default"] = 80


def without_volume(data: dict[str, Any]) -> None:
    data["parameters"].remove(parameter(data, "system.volume"))


def test_an_app_is_imported_with_a_report() -> None:
    row, report = catalogue_import(actor=ADMIN, name="app", version="1", os="igel-os-12", definition=SETUP)
    assert (row.name, row.version, row.os) == ("app", "1", "igel-os-12")
    assert catalogue_of(row).defaults == {"a.b": 1, "a.c": "x"}
    assert report == ("1 parameter of an unknown type, taken as text (a.c).",)
    assert Event.objects.filter(action="catalogue.stored").exists()


def test_the_same_again_changes_nothing() -> None:
    first, _ = catalogue_import(actor=ADMIN, name="app", version="1", os="o", definition=SETUP)
    again, report = catalogue_import(actor=ADMIN, name="app", version="1", os="o", definition=SETUP)
    assert again.pk == first.pk and report, "the report comes all the same"
    assert Event.objects.filter(action="catalogue.stored").count() == 1


def test_versions_stand_side_by_side() -> None:
    for version in ("1", "2", "2.0+1"):
        catalogue_import(actor=ADMIN, name="app", version=version, os="o", definition=SETUP)
    assert Catalogue.objects.filter(name="app").count() == 3


@pytest.mark.parametrize(
    "given",
    [
        {"definition": b"<a>"},
        {"definition": b"\xff"},
        {"ui": b"{"},
        {"name": ""},
        {"version": "x" * 51},
        {"os": "\x00"},
    ],
)
def test_what_cannot_be_imported_is_refused_and_nothing_stored(given: dict[str, Any]) -> None:
    whole = {"name": "app", "version": "1", "os": "o", "definition": SETUP, **given}
    with pytest.raises(AppError) as refused:
        catalogue_import(actor=ADMIN, **whole)
    assert refused.value.code == "catalogue_invalid"
    assert not Catalogue.objects.filter(name="app").exists()


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[1]", b"[" * 100_000, b'{"format": "ums-catalogue/1"}'])
def test_what_is_no_catalogue_is_refused(raw: bytes) -> None:
    with pytest.raises(AppError) as refused:
        catalogue_store(actor=ADMIN, definition=raw)
    assert refused.value.code == "catalogue_invalid"


def test_only_administrators_store_and_delete() -> None:
    actor = Actor.of(UserFactory())
    row = CatalogueFactory()
    with pytest.raises(NotAllowed):
        catalogue_store(actor=actor, definition=definition())
    with pytest.raises(NotAllowed):
        catalogue_import(actor=actor, name="app", version="1", os="o", definition=SETUP)
    with pytest.raises(NotAllowed):
        catalogue_delete(actor=actor, catalogue=row)


def test_another_default_marks_the_devices_of_that_firmware() -> None:
    CatalogueFactory()
    mine, other = settled(), settled()
    Device.objects.filter(pk=other.pk).update(firmware="Other")
    catalogue_store(actor=ADMIN, definition=definition(louder))
    assert pending(mine) and not pending(other)


def test_another_text_marks_nobody() -> None:
    CatalogueFactory()
    device = settled()

    def renamed(data: dict[str, Any]) -> None:
        parameter(data, "system.volume")["label"] = "Loudness"
        data["pages"][0]["title"] = "Connections"

    row = catalogue_store(actor=ADMIN, definition=definition(renamed))
    assert catalogue_of(row).parameters["system.volume"].label == "Loudness"
    assert not pending(device)


def test_a_secret_more_marks_the_devices_of_profiles_made_with_it() -> None:
    assignment = AssignmentFactory(profile=ProfileFactory(values={"system.kernel": "quiet"}))
    Device.objects.filter(pk=assignment.device.pk).update(firmware="Another")
    SettingsState.objects.update(pending=False)

    def secret(data: dict[str, Any]) -> None:
        parameter(data, "system.kernel")["secret"] = True

    catalogue_store(actor=ADMIN, definition=definition(secret))
    assert pending(assignment.device)


def test_a_newer_version_marks_those_who_take_it() -> None:
    CatalogueFactory()
    takes, stays = settled(), settled()
    Device.objects.filter(pk=takes.pk).update(firmware_version="1.6.0")
    catalogue_store(actor=ADMIN, definition=definition(lambda data: data.update(version="1.5.0")))
    assert pending(takes) and not pending(stays)


def test_a_downgrade_names_what_profiles_would_lose() -> None:
    profile = ProfileFactory(name="Loud", values={"system.volume": 70})
    with pytest.raises(AppError) as refused:
        catalogue_store(actor=ADMIN, definition=definition(without_volume))
    assert refused.value.code == "catalogue_downgrade" and refused.value.status == 409
    assert "system.volume (“Loud”)" in refused.value.message
    stored = catalogue_store(actor=ADMIN, definition=definition(without_volume), confirmed=True)
    assert stored.pk == profile.based_on.pk and "system.volume" not in catalogue_of(stored).parameters


def test_a_value_that_is_refused_is_a_downgrade_too() -> None:
    ProfileFactory(values={"system.volume": 70})
    with pytest.raises(AppError, match=r"system\.volume"):
        catalogue_store(
            actor=ADMIN, definition=definition(lambda data: parameter(data, "system.volume").update(maximum=60))
        )


def test_a_parameter_that_nobody_sets_may_go() -> None:
    ProfileFactory(values={"system.kernel": "quiet"})
    assert (
        "system.volume"
        not in catalogue_of(catalogue_store(actor=ADMIN, definition=definition(without_volume))).parameters
    )


def test_a_catalogue_in_use_is_not_deleted() -> None:
    profile = ProfileFactory(name="Mine")
    with pytest.raises(AppError) as refused:
        catalogue_delete(actor=ADMIN, catalogue=profile.based_on)
    assert refused.value.code == "catalogue_in_use" and "“Mine”" in refused.value.message


def test_a_catalogue_is_deleted_and_devices_take_another() -> None:
    CatalogueFactory()
    newer = catalogue_store(actor=ADMIN, definition=definition(lambda data: data.update(version="1.5.0")))
    device = settled()
    Device.objects.filter(pk=device.pk).update(firmware_version="2.0.0")
    catalogue_delete(actor=ADMIN, catalogue=newer)
    assert not Catalogue.objects.filter(pk=newer.pk).exists()
    assert pending(device)
    assert Event.objects.filter(action="catalogue.deleted").exists()
