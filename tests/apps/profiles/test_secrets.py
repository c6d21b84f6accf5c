"""Secrets of profiles: sealed as soon as anybody could know them, kept where they belong, and no guess is confirmed."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest
from django.urls import reverse

from tests.apps.asking import Api, text
from tests.apps.profiles.test_transfer import SETUP_DEF, content, ipm
from tests.cast import Cast
from tests.factories import CatalogueFactory, DeviceFactory, ProfileFactory
from tests.factories.profiles import DEFINITION
from ums.core.actor import SYSTEM
from ums.devices.models import DirectoryKind
from ums.domain.criteria import Pattern
from ums.domain.formats.files import Format
from ums.domain.parameters import Instance, Settings
from ums.profiles.content import MASK, catalogue_of, masked
from ums.profiles.exchanging import without_masks
from ums.profiles.models import Profile, Revision
from ums.profiles.rebasing import rebase_report
from ums.profiles.searching import has_value
from ums.profiles.services import (
    catalogue_store,
    import_plan,
    profile_create,
    profile_save,
    profiles_export,
    profiles_import,
)
from ums.profiles.services.planning import State

pytestmark = pytest.mark.django_db

PLAIN, NAMED = "plain-hunter2", "named-hunter2"
SERIAL = "1478ddbb:16fa18a7001:-8000172.0.4.237"


def stored() -> str:
    """All that the database knows of revisions."""
    return json.dumps(list(Revision.objects.values_list("content", flat=True)))


def definition(**secrets: bool) -> bytes:
    """DEFINITION with other secrets, by the last part of their paths."""
    data = deepcopy(DEFINITION)
    for parameter in data["parameters"]:
        name = parameter["path"].rpartition(".")[2]
        parameter["secret"] = secrets.get(name, parameter.get("secret", False))
    return json.dumps(data).encode()


def imported_under_a_stand_in() -> Profile:
    """A profile with two secrets, one of which has a telling name, of a firmware that nobody knows."""
    made = ProfileFactory(
        name="Kiosk", values={"system.kernel": PLAIN, "system.password": NAMED, "system.timezone": "CET"}
    )
    data, _ = profiles_export(actor=SYSTEM, profiles=[made], kind=Format.TOML, secrets=True)
    row = made.based_on
    made.head = None
    made.save()
    made.delete()
    row.delete()
    _, (one,) = profiles_import(actor=SYSTEM, data=data)
    return one.profile


def test_what_looks_like_a_secret_is_sealed_under_a_stand_in() -> None:
    profile = imported_under_a_stand_in()
    assert not catalogue_of(profile.based_on).parameters, "a stand-in"
    assert NAMED not in stored() and PLAIN in stored()
    profile.refresh_from_db()
    assert masked(catalogue_of(profile.based_on), profile.head.content).values["system.password"] == MASK
    assert content(profile).values["system.password"] == NAMED, "devices get it"
    values = {"system.kernel": PLAIN, "system.password": MASK, "system.timezone": "UTC"}
    save = {"profile": profile, "settings": {"values": values}, "overwrite_sessions": False}
    profile_save(actor=SYSTEM, base=1, **save)
    assert content(profile).values == {**values, "system.password": NAMED}
    assert profile_save(actor=SYSTEM, base=2, **save).number == 2, "nothing changed"


def test_the_catalogue_that_takes_the_place_of_a_stand_in_seals_all_revisions() -> None:
    profile = imported_under_a_stand_in()
    values = {"system.kernel": PLAIN + "!", "system.password": MASK, "system.timezone": "CET"}
    profile_save(actor=SYSTEM, profile=profile, settings={"values": values}, overwrite_sessions=False, base=1)
    catalogue_store(actor=SYSTEM, definition=definition(kernel=True))
    assert Revision.objects.count() == 2
    assert PLAIN not in stored() and NAMED not in stored()
    assert content(profile).values == {**values, "system.password": NAMED}


def test_a_catalogue_with_a_secret_more_seals_it() -> None:
    profile = ProfileFactory(values={"system.kernel": "sealed:no", "system.timezone": PLAIN})
    catalogue_store(actor=SYSTEM, definition=definition(kernel=True, timezone=True))
    assert PLAIN not in stored()
    assert content(profile).values == {"system.kernel": "sealed:no", "system.timezone": PLAIN}


def test_a_search_finds_no_secret_that_is_still_readable() -> None:
    """Of a row from before, or of one whose catalogue was replaced past the service."""
    profile = ProfileFactory(values={"system.password": PLAIN, "vpn.psk": PLAIN, "system.kernel": "quiet"})
    assert not Profile.objects.filter(has_value(Pattern((PLAIN,)))).exists()
    assert not Profile.objects.filter(has_value(Pattern(("plain", "")))).exists()
    assert Profile.objects.filter(has_value(Pattern(("quiet",)))).get() == profile


def test_a_kept_secret_belongs_to_an_instance_of_its_class() -> None:
    before = Settings({}, {SERIAL: Instance("sessions.rdp%", {"server": PLAIN})})
    wanted = Settings({}, {SERIAL: Instance("sessions.ica%", {"server": MASK})})
    settings, missing = without_masks(wanted, before)
    assert settings.instances[SERIAL].values == {} and missing == [f"{SERIAL}:server"]
    same, missing = without_masks(Settings({}, {SERIAL: Instance("sessions.rdp%", {"server": MASK})}), before)
    assert same == before and not missing


def test_an_editor_cannot_move_a_secret_to_another_class() -> None:
    data = deepcopy(DEFINITION)
    data["version"] = "4.0.0"
    data["classes"].append({"path": "sessions.ica%", "kind": "free", "label": "ICA", "name_parameter": "name"})
    secret = {"page": "sessions", "type": "string", "default": "", "label": "S"}
    data["parameters"] += [
        {"path": "sessions.ica%.name", **secret},
        {"path": "sessions.ica%.server", **secret},
    ]
    next(one for one in data["parameters"] if one["path"] == "sessions.rdp%.server")["secret"] = True
    row = catalogue_store(actor=SYSTEM, definition=json.dumps(data).encode())
    settings = {"values": {}, "instances": {SERIAL: {"class": "sessions.rdp%", "values": {"server": PLAIN}}}}
    profile = profile_create(
        actor=SYSTEM, name="P", directory=ProfileFactory().directory, based_on=row, settings=settings
    )
    settings["instances"] = {SERIAL: {"class": "sessions.ica%", "values": {"server": MASK}}}
    profile_save(actor=SYSTEM, profile=profile, settings=settings, overwrite_sessions=False, base=1)
    assert content(profile).instances[SERIAL].values == {"server": ""}
    assert PLAIN not in stored()


@pytest.mark.parametrize("guess", [PLAIN, "wrong"])
def test_a_dry_run_confirms_no_guess(cast: Cast, guess: str) -> None:
    profile = cast.things["profile"]
    api, path = Api(cast, "admin"), f"profiles/{profile.pk}/settings/"
    body = {"base": profile.head.number, "settings": {"values": {"system.password": PLAIN}}}
    assert api.put(path, body).status == 200
    body = {"base": body["base"] + 1, "settings": {"values": {"system.password": guess}}}
    status, told = api.ask("PUT", path, body, dry_run="true")
    assert status == 200 and told["changed"] == 1
    (change,) = told["changes"]
    assert (change["before"], change["after"], change["secret_changed"]) == (MASK, MASK, True)
    kept = api.ask("PUT", path, {**body, "settings": {"values": {"system.password": MASK}}}, dry_run="true")
    assert kept.body["changed"] == 0, "what is kept is no guess"


@pytest.mark.parametrize("guess", [PLAIN, "wrong"])
def test_a_plan_of_an_import_confirms_no_guess(cast: Cast, guess: str) -> None:
    profile = ProfileFactory(directory=cast.own[DirectoryKind.PROFILE])
    settings = {"values": {"system.password": PLAIN}}
    profile_save(actor=SYSTEM, profile=profile, settings=settings, overwrite_sessions=False, base=1)
    data, _ = profiles_export(actor=SYSTEM, profiles=[profile], kind=Format.TOML, secrets=True)
    guessed = data.replace(PLAIN.encode(), guess.encode())
    plan = import_plan(actor=cast.actor("admin"), data=guessed, target=profile.directory, rebuild=False)
    assert (plan.profiles[0].state, plan.profiles[0].differences) == (State.EXISTS, 1)
    hidden, _ = profiles_export(actor=SYSTEM, profiles=[profile], kind=Format.TOML)
    plan = import_plan(actor=cast.actor("admin"), data=hidden, target=profile.directory, rebuild=False)
    assert plan.profiles[0].state is State.IDENTICAL


@pytest.mark.parametrize("guess", [PLAIN, "wrong"])
def test_a_comparison_confirms_no_guess(cast: Cast, guess: str) -> None:
    victim, own = cast.things["profile"], cast.things["priority_profile"]
    for profile, value in ((victim, PLAIN), (own, guess)):
        settings = {"values": {"system.password": value}}
        profile_save(
            actor=SYSTEM, profile=profile, settings=settings, overwrite_sessions=False, base=profile.head.number
        )
    client = cast.client("reader")
    page = text(client.get(reverse("profiles:compare"), {"left": victim.pk, "right": own.pk}))
    assert "secrets are not compared" in page and "another secret" not in page
    device = DeviceFactory(directory=cast.own["device"], firmware="Test Linux", firmware_version="1.0.0")
    Api(cast, "root").post("assignments/", {"profiles": [victim.pk], "devices": [device.pk]})
    page = text(client.get(reverse("effective:device_compare", args=[device.pk]), {"profile": own.pk}))
    assert "secrets are not compared" in page


@pytest.mark.parametrize("guess", [PLAIN, "wrong"])
def test_a_preview_of_assigning_confirms_no_guess(cast: Cast, guess: str) -> None:
    victim, own = cast.things["profile"], ProfileFactory(directory=cast.own[DirectoryKind.PROFILE])
    instance = {SERIAL: {"class": "sessions.rdp%", "values": {"name": "R"}}}
    for profile, value in ((victim, PLAIN), (own, guess)):
        settings = {"values": {"system.password": value}, "instances": instance}
        profile_save(
            actor=SYSTEM, profile=profile, settings=settings, overwrite_sessions=False, base=profile.head.number
        )
    device = DeviceFactory(directory=cast.own["device"], firmware="Test Linux", firmware_version="1.0.0")
    api = Api(cast, "root")
    assert api.post("assignments/", {"profiles": [victim.pk], "devices": [device.pk]}).status == 201
    told = api.post("assignments/", {"profiles": [own.pk], "devices": [device.pk]}, dry_run="true").body
    assert [(one["key"], one["secret_changed"]) for one in told["changes"]] == [("system.password", True)]


def test_a_report_of_moving_shows_no_secret_of_either_catalogue() -> None:
    profile = ProfileFactory(values={"system.volume": 7})
    data = deepcopy(DEFINITION)
    data["version"] = "5.0.0"
    volume = next(one for one in data["parameters"] if one["path"] == "system.volume")
    volume.update({"type": "string", "default": "", "secret": True, "minimum": None, "maximum": None})
    for bound in ("minimum", "maximum"):
        del volume[bound]
    report = rebase_report(
        profile=profile, catalogue=catalogue_store(actor=SYSTEM, definition=json.dumps(data).encode())
    )
    assert [(line.value, line.note) for line in report.changed] in ([], [(MASK, f"becomes {MASK}")])
    assert "7" not in str([*report.changed, *report.refused, *report.kept])


def test_a_secret_of_the_profiles_catalogue_is_one_on_every_device(cast: Cast) -> None:
    """The device's firmware knows the parameter as a readable one."""
    data = json.loads(definition(password=False))
    data["version"] = "0.9"
    catalogue_store(actor=SYSTEM, definition=json.dumps(data).encode())
    device = DeviceFactory(directory=cast.own["device"], firmware="Test Linux", firmware_version="0.9")
    profile = ProfileFactory(directory=cast.own[DirectoryKind.PROFILE], based_on=CatalogueFactory())
    settings = {"values": {"system.password": PLAIN}}
    profile_save(actor=SYSTEM, profile=profile, settings=settings, overwrite_sessions=False, base=1)
    api = Api(cast, "root")
    body = {"profiles": [profile.pk], "devices": [device.pk]}
    told = api.post("assignments/", body, dry_run="true").body
    assert [(one["key"], one["after"]) for one in told["changes"]] == [("system.password", MASK)]
    assert api.post("assignments/", body).status == 201
    assert PLAIN not in json.dumps(api.get(f"devices/{device.pk}/effective-settings/").body)


def test_a_stand_in_is_one(cast: Cast) -> None:
    """The file of the original: unknown paths with a telling name, in free instances as well."""
    descriptions = {
        "system.time.ntp_enabled": {"type": 2, "value": True},
        "made.crypt_password": {"type": 2, "value": PLAIN},
    }
    profiles_import(actor=SYSTEM, data=ipm(descriptions=descriptions, setup_def=SETUP_DEF))
    assert PLAIN not in stored()
