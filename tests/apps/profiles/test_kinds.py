"""Kinds of profile: what firmware customizations and updates may set, and priority profiles as a feature."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cast import Cast
from tests.factories import AssignmentFactory, CatalogueFactory, DeviceFactory, DirectoryFactory, ProfileFactory, root
from tests.vectors import DEFINITION, HOSTNAME, SERVER, SESSION, WALLPAPER, X
from ums.audit.models import Event
from ums.core.actor import SYSTEM
from ums.core.errors import AppError, Conflict
from ums.devices.models import DirectoryKind, SettingsState
from ums.domain.contribution import NOT_ON_DEVICE
from ums.domain.kinds import UPDATE_FIELDS, settable
from ums.domain.parameters import parse_catalogue
from ums.domain.parameters.parameter import USE_CASES
from ums.effective.selectors import settings_explained, settings_for_devices
from ums.features.services import feature_switch
from ums.profiles.assigned import assigned_for_device
from ums.profiles.kinds import PRIORITY_PROFILES, WORDS
from ums.profiles.models import Catalogue, Profile, ProfileKind, UseCase
from ums.profiles.selectors import profile_list
from ums.profiles.services import builtin_catalogues_store, profile_create, profile_save

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalogue() -> Catalogue:
    row: Catalogue = CatalogueFactory(name="Vector OS", os="OS11", definition=json.dumps(DEFINITION))
    return row


def create(catalogue: Catalogue, kind: str, *, use_case: str = "", **given: Any) -> Profile:
    return profile_create(
        actor=SYSTEM, name="New", directory=root(kind), based_on=catalogue, use_case=use_case, **given
    )


def save(profile: Profile, values: dict[str, Any], instances: dict[str, Any] | None = None, **given: Any) -> Any:
    settings = {"values": values, "instances": instances or {}}
    return profile_save(
        actor=SYSTEM, profile=profile, settings=settings, **{"base": 1, "overwrite_sessions": False, **given}
    )


def test_use_cases_are_those_of_the_rules() -> None:
    assert tuple(UseCase.values) == USE_CASES
    assert list(WORDS) == ProfileKind.values


def test_our_firmware_has_parameters_for_every_use_case_and_all_update_fields() -> None:
    [row] = builtin_catalogues_store(actor=SYSTEM)
    parsed = parse_catalogue(json.loads(row.definition))
    assert all(settable(parsed, ProfileKind.CUSTOMIZATION, use_case) for use_case in USE_CASES)
    assert settable(parsed, ProfileKind.UPDATE) == frozenset(UPDATE_FIELDS)
    assert settable(parsed, ProfileKind.STANDARD) is None


def test_a_customization_sets_its_use_case_only(catalogue: Catalogue) -> None:
    profile = create(catalogue, DirectoryKind.CUSTOMIZATION, use_case="wallpaper")
    assert (profile.kind, profile.use_case) == ("customization", "wallpaper")
    session = {"1": {"class": SESSION, "values": {}}}
    with pytest.raises(AppError) as refused:
        save(profile, {WALLPAPER: "w", X: "a"}, session)
    assert refused.value.code == "settings_invalid" and refused.value.fields.keys() == {X, "1"}
    assert save(profile, {WALLPAPER: "w"}).number == 2
    with pytest.raises(AppError) as option:
        save(profile, {WALLPAPER: "w"}, base=2, overwrite_sessions=True)
    assert option.value.fields.keys() == {"overwrite_sessions"}


def test_an_update_sets_its_six_fields_only(catalogue: Catalogue) -> None:
    profile = create(catalogue, DirectoryKind.UPDATE)
    with pytest.raises(AppError) as refused:
        save(profile, {SERVER: "s", HOSTNAME: "h"})
    assert refused.value.fields.keys() == {HOSTNAME}
    assert save(profile, {SERVER: "s"}).number == 2


@pytest.mark.parametrize(
    ("kind", "use_case", "field"),
    [
        (DirectoryKind.CUSTOMIZATION, "", "use_case"),
        (DirectoryKind.CUSTOMIZATION, "nonsense", "use_case"),
        (DirectoryKind.CUSTOMIZATION, "taskbar", "based_on"),
        (DirectoryKind.PROFILE, "wallpaper", "use_case"),
        (DirectoryKind.UPDATE, "wallpaper", "use_case"),
    ],
)
def test_what_a_kind_needs_is_said_at_the_field(catalogue: Catalogue, kind: str, use_case: str, field: str) -> None:
    with pytest.raises(AppError) as refused:
        create(catalogue, kind, use_case=use_case)
    assert refused.value.fields.keys() == {field}


def test_a_field_that_the_firmware_lacks_is_skipped(catalogue: Catalogue) -> None:
    fields = [
        {"path": path, "page": "all", "type": "string", "default": "", "label": path} for path in UPDATE_FIELDS[2:]
    ]
    more = {**DEFINITION, "version": "2.0.0", "parameters": [*DEFINITION["parameters"], *fields]}  # type: ignore[misc]
    newer = CatalogueFactory(name="Vector OS", version="2.0.0", os="OS11", definition=json.dumps(more))
    device = DeviceFactory(firmware="Vector OS", firmware_version="1.0.0")
    values = {SERVER: "s", "update.port": "21"}
    update = ProfileFactory(kind=ProfileKind.UPDATE, based_on=newer, values=values, name="Spring")
    AssignmentFactory(profile=update, device=device)
    explained = {one.path: one.explanation for one in settings_explained(device=device).parameters}
    assert explained[SERVER].value == "s"
    assert [reason for _, reason in explained["update.port"].ignored] == [NOT_ON_DEVICE]
    assert explained[SERVER].rule == "Only universal firmware update “Spring” on the device sets this parameter."


def test_explanations_name_the_kind(catalogue: Catalogue) -> None:
    directory = DirectoryFactory(name="Bremen")
    device = DeviceFactory(firmware="Vector OS", firmware_version="1.0.0", directory=directory)
    look = ProfileFactory(
        kind=ProfileKind.CUSTOMIZATION, use_case="wallpaper", based_on=catalogue, values={WALLPAPER: "w"}, name="Look"
    )
    AssignmentFactory(profile=look, device=None, directory=directory)
    AssignmentFactory(profile=ProfileFactory(based_on=catalogue, values={WALLPAPER: "v"}, name="Plain"), device=device)
    explained = {one.path: one.explanation for one in settings_explained(device=device).parameters}
    assert explained[WALLPAPER].rule == (
        "Firmware customization “Look” on directory Bremen beats standard profile “Plain” on the device: "
        "firmware customizations come before standard profiles."
    )


# --- Priority profiles as a feature ----------------------------------------------------------------------------------


def switch(enabled: bool, *, confirmed: bool = False) -> None:
    feature_switch(actor=SYSTEM, name=PRIORITY_PROFILES, enabled=enabled, confirmed=confirmed)


def value(device: Any) -> Any:
    from ums.domain.protocol import decode_body

    return decode_body(settings_for_devices(device_ids=[device.pk])[device.pk].result.body).values[X]


def test_switched_off_they_count_for_nothing_and_come_back(cast: Cast, catalogue: Catalogue) -> None:
    device = DeviceFactory(firmware="Vector OS", firmware_version="1.0.0")
    forced = ProfileFactory(kind=ProfileKind.PRIORITY, based_on=catalogue, values={X: "m"}, name="Forced")
    AssignmentFactory(profile=forced, device=device)
    assert value(device) == "m"
    with pytest.raises(Conflict) as refused:
        switch(False)
    assert refused.value.code == "feature_in_use"
    assert "2 priority profiles are there, in force on 1 device." in refused.value.message
    seqs = [SettingsState.objects.get(pk=device.pk).seq]
    for enabled, expected in ((False, "d"), (True, "m")):
        switch(enabled, confirmed=True)
        assert value(device) == expected
        assert profile_list(user=cast.root).filter(pk=forced.pk).exists() is enabled
        assert bool(assigned_for_device(user=cast.root, device=device)) is enabled
        seqs.append(SettingsState.objects.get(pk=device.pk).seq)
    assert seqs == sorted(set(seqs)), "the device is marked each time"
    assert Event.objects.filter(action="feature.switched").count() == 2


def test_switched_off_none_can_be_made(catalogue: Catalogue) -> None:
    switch(False)
    with pytest.raises(Conflict) as refused:
        create(catalogue, DirectoryKind.PRIORITY_PROFILE)
    assert refused.value.code == "feature_off"
    assert create(catalogue, DirectoryKind.PROFILE)


def test_switching_to_what_it_is_does_nothing() -> None:
    switch(True)
    assert not Event.objects.filter(action="feature.switched").exists()
    with pytest.raises(AppError) as refused:
        feature_switch(actor=SYSTEM, name="nonsense", enabled=True)
    assert refused.value.code == "feature_unknown"
