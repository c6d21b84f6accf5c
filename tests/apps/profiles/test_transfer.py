"""Profiles out of one installation and into another: what is asked, refused, kept and turned."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cast import Cast
from tests.factories import CatalogueFactory, DirectoryFactory, ProfileFactory, root
from tests.factories.profiles import DEFINITION
from ums.audit.models import Event
from ums.core.actor import SYSTEM
from ums.core.errors import AppError, NotAllowed
from ums.devices.models import Directory, DirectoryKind
from ums.domain.formats.archive import write_archive
from ums.domain.formats.files import Format, read_file
from ums.profiles.content import MASK, catalogue_of, unsealed
from ums.profiles.models import Catalogue, Profile, Revision
from ums.profiles.services import (
    import_plan,
    profile_create,
    profile_save,
    profiles_export,
    profiles_import,
    profiles_import_undo,
)
from ums.profiles.services.planning import Decision, State

pytestmark = pytest.mark.django_db

SETTINGS: dict[str, Any] = {
    "values": {"system.volume": 30, "display1.resolution": "800x600", "system.password": "hunter2"},
    "instances": {"1478ddbb:16fa18a7001:-8000172.0.4.237": {"class": "sessions.rdp%", "values": {"name": "R"}}},
}
SETUP_DEF = b"""<vlist><system><time><ntp_enabled>value=<false>type=<bool>displayname[en_us]=<NTP></ntp_enabled></time>
</system></vlist>"""


def made(name: str = "Kiosk", path: tuple[str, ...] = ("North",), **given: Any) -> Profile:
    """A profile with one of each kind of value."""
    directory = root(DirectoryKind.PROFILE)
    for step in path:
        directory = Directory.objects.filter(parent=directory, name=step).first() or DirectoryFactory(
            kind=DirectoryKind.PROFILE, parent=directory, name=step
        )
    given = {"settings": SETTINGS, "overwrite_sessions": True, "description": "In the hall", **given}
    return profile_create(actor=SYSTEM, name=name, directory=directory, based_on=CatalogueFactory(), **given)


def content(profile: Profile) -> Any:
    """The settings in force, secrets readable."""
    profile = Profile.objects.select_related("head", "based_on").get(pk=profile.pk)
    return unsealed(catalogue_of(profile.based_on), profile.head.content)  # type: ignore[union-attr]


def ipm(name: str = "Clock", descriptions: dict[str, Any] | None = None, **app: bytes) -> bytes:
    """A file of the original."""
    profile = {
        "meta": {"version": "1.0.0", "profileId": 158, "profileName": name, "profileType": "PROFILE"},
        "path": ["Sites", "North"],
        "apps": [{"line": "base_system"}],
        "parameterDescriptions": descriptions or {"system.time.ntp_enabled": {"type": 2, "value": True}},
    }
    entries = [(f"APPS/base_system-12.7.4/config/{part.replace('_def', '.def')}", text) for part, text in app.items()]
    return write_archive([("PROFILES/p.json", json.dumps(profile).encode()), *entries])


@pytest.mark.parametrize("kind", list(Format))
def test_export_and_import_elsewhere_gives_the_same(kind: Format) -> None:
    profile = made()
    data, name = profiles_export(actor=SYSTEM, profiles=[profile], kind=kind, secrets=True)
    assert name == f"Kiosk.{kind}"
    before = content(profile)
    Profile.objects.update(head=None)
    Profile.objects.all().delete()
    Directory.objects.filter(name="North").delete()
    plan, imported = profiles_import(actor=SYSTEM, data=data, name=name)
    (again,) = [one.profile for one in imported]
    assert plan.profiles[0].state is State.NEW
    assert content(again) == before
    assert (again.name, again.description, again.directory.name) == ("Kiosk", "In the hall", "North")
    assert again.head is not None and again.head.overwrite_sessions and again.head.comment == f"Imported from {name}"
    assert profiles_export(actor=SYSTEM, profiles=[again], kind=kind, secrets=True)[0] == data


@pytest.mark.parametrize("kind", list(Format))
def test_what_is_there_already_is_identical(kind: Format) -> None:
    profile = made()
    data, _ = profiles_export(actor=SYSTEM, profiles=[profile], kind=kind)
    (planned,) = import_plan(actor=SYSTEM, data=data).profiles
    assert (planned.state, planned.existing, planned.proposed) == (State.IDENTICAL, profile, Decision.SKIP)
    _, imported = profiles_import(actor=SYSTEM, data=data)
    assert imported == [] and Revision.objects.count() == 1


def test_several_profiles_are_one_file() -> None:
    profiles = [made("A", ()), made("B"), made("B", ("South",))]
    for kind in Format:
        data, name = profiles_export(actor=SYSTEM, profiles=profiles, kind=kind)
        assert name.startswith("profiles.")
        assert [(one.name, one.path) for one in read_file(data)[1].profiles] == [
            ("A", ()), ("B", ("North",)), ("B", ("South",)),
        ]  # fmt: skip


def test_a_plan_stores_nothing() -> None:
    made()
    counts = [Profile.objects.count(), Catalogue.objects.count(), Directory.objects.count(), Event.objects.count()]
    plan = import_plan(actor=SYSTEM, data=ipm(setup_def=SETUP_DEF))
    assert plan.profiles[0].state is State.NEW and plan.catalogues[0][1].startswith("is imported")
    assert counts == [
        Profile.objects.count(), Catalogue.objects.count(), Directory.objects.count(), Event.objects.count(),
    ]  # fmt: skip


def test_an_existing_profile_asks() -> None:
    profile = made()
    data, _ = profiles_export(actor=SYSTEM, profiles=[profile], kind=Format.TOML)
    profile_save(
        actor=SYSTEM, profile=profile, settings={"values": {"system.volume": 99}}, overwrite_sessions=False, base=1
    )
    (planned,) = import_plan(actor=SYSTEM, data=data).profiles
    assert (planned.state, planned.proposed, planned.differences) == (State.EXISTS, None, 5)
    assert "left unset: system.password" in planned.content.notes[0]
    with pytest.raises(AppError) as refused:
        profiles_import(actor=SYSTEM, data=data)
    assert refused.value.code == "decision_missing" and list(refused.value.fields) == ["0"]

    _, imported = profiles_import(actor=SYSTEM, data=data, decisions={0: Decision.REPLACE})
    profile.refresh_from_db()
    assert [(one.profile.pk, one.before) for one in imported] == [(profile.pk, 2)]
    assert profile.head is not None and profile.head.number == 3 and content(profile).values["system.volume"] == 30

    _, imported = profiles_import(actor=SYSTEM, data=data, duplicates=Decision.NEW, decisions={0: Decision.NEW})
    assert imported[0].profile.pk != profile.pk and imported[0].profile.name == "Kiosk"


def test_a_moved_profile_is_known_by_name_and_origin() -> None:
    profile = made()
    data, _ = profiles_export(actor=SYSTEM, profiles=[profile], kind=Format.IPM)
    Profile.objects.update(directory=root(DirectoryKind.PROFILE))
    assert import_plan(actor=SYSTEM, data=data).profiles[0].existing == profile
    Profile.objects.update(name="Another name")
    assert import_plan(actor=SYSTEM, data=data).profiles[0].existing is None


def test_secrets_need_asking_writing_and_leave_a_trace(cast: Cast) -> None:
    profile = made()
    Profile.objects.filter(pk=profile.pk).update(directory=cast.own[DirectoryKind.PROFILE])
    profile.refresh_from_db()
    for kind in Format:
        data, _ = profiles_export(actor=cast.actor("admin"), profiles=[profile], kind=kind)
        assert read_file(data)[1].profiles[0].settings.values["system.password"] == MASK
        assert not Event.objects.filter(action="profile.exported").exists()
    with pytest.raises(NotAllowed):
        profiles_export(actor=cast.actor("reader"), profiles=[profile], kind=Format.IPM, secrets=True)
    data, _ = profiles_export(actor=cast.actor("admin"), profiles=[profile], kind=Format.TOML, secrets=True)
    assert b"hunter2" in data
    event = Event.objects.get(action="profile.exported")
    assert event.object_id == str(profile.pk) and "hunter2" not in json.dumps(event.after)
    with pytest.raises(NotAllowed):
        profiles_export(actor=cast.actor("stranger"), profiles=[profile], kind=Format.TOML)


def test_a_hidden_secret_keeps_the_one_that_is_there() -> None:
    profile = made()
    data, _ = profiles_export(actor=SYSTEM, profiles=[profile], kind=Format.TOML)
    profiles_import(
        actor=SYSTEM, data=data.replace(b"= 30", b"= 31"), decisions={0: Decision.REPLACE}, target=profile.directory,
        rebuild=False,
    )  # fmt: skip
    assert content(profile).values["system.password"] == "hunter2" and content(profile).values["system.volume"] == 31
    _, imported = profiles_import(actor=SYSTEM, data=data, decisions={0: Decision.NEW})
    assert "system.password" not in content(imported[0].profile).values


def test_a_hidden_secret_does_not_come_from_a_profile_that_one_may_only_read(cast: Cast) -> None:
    profile = made()
    Profile.objects.update(directory=cast.own[DirectoryKind.PROFILE])
    data, _ = profiles_export(actor=cast.actor("reader"), profiles=[profile], kind=Format.TOML)
    for decision in (Decision.NEW, Decision.REPLACE):
        with pytest.raises(NotAllowed):
            profiles_import(actor=cast.actor("reader"), data=data, decisions={0: decision}, target=profile.directory)
    _, (one,) = profiles_import(
        actor=cast.actor("admin"),
        data=data,
        decisions={0: Decision.NEW},
        target=cast.own[DirectoryKind.PRIORITY_PROFILE],
    )
    assert "system.password" not in content(one.profile).values


def test_a_catalogue_inside_is_imported_and_edited_profiles_keep_what_is_unknown() -> None:
    descriptions = {
        "system.time.ntp_enabled": {"type": 2, "value": True},
        "made.up": {"type": 2, "value": "x"},
        "windowmanager.wm": {"type": 1, "instances": {"0": {"pages": {"value": 2, "isIntegerInstance": True}}}},
    }
    data = ipm(descriptions=descriptions, setup_def=SETUP_DEF)
    plan, (one,) = profiles_import(actor=SYSTEM, data=data)
    profile = one.profile
    assert str(profile.based_on) == "base_system 12.7.4" and profile.based_on.os == "igel-os-12"
    assert plan.profiles[0].content.unknown == ("made.up", "windowmanager.wm0.pages")
    assert content(profile).values == {"system.time.ntp_enabled": True, "made.up": "x", "windowmanager.wm0.pages": 2}
    values = {"system.time.ntp_enabled": False, "made.up": "x"}
    profile_save(actor=SYSTEM, profile=profile, settings={"values": values}, overwrite_sessions=False, base=1)
    values["invented"] = True
    with pytest.raises(AppError, match="needs your attention"):
        profile_save(actor=SYSTEM, profile=profile, settings={"values": values}, overwrite_sessions=False, base=2)
    assert import_plan(actor=SYSTEM, data=data).catalogues == (("base_system 12.7.4", "is there already"),)


def test_fixed_instances_of_an_unknown_firmware_come_out_as_they_went_in() -> None:
    descriptions = {"windowmanager.wm": {"type": 1, "instances": {"0": {"pages": {"value": 2}}}}}
    given = read_file(ipm(descriptions=descriptions))[1].profiles[0]
    _, (one,) = profiles_import(actor=SYSTEM, data=ipm(descriptions=descriptions))
    for kind in (Format.IPM, Format.XML):
        data, _ = profiles_export(actor=SYSTEM, profiles=[one.profile], kind=kind)
        (again,) = read_file(data)[1].profiles
        assert (again.settings, again.fixed, again.source_id) == (given.settings, given.fixed, "158")


def test_who_may_not_administer_gets_a_stand_in(cast: Cast) -> None:
    plan, (one,) = profiles_import(
        actor=cast.actor("admin"), data=ipm(setup_def=SETUP_DEF), target=cast.own[DirectoryKind.PROFILE]
    )
    assert "left out" in plan.catalogues[0][1] and "not known here" in plan.profiles[0].content.notes[0]
    assert str(one.profile.based_on) == "base_system 12.7.4"
    assert plan.profiles[0].content.unknown == ("system.time.ntp_enabled",)
    # Later somebody imports the real one in its place.
    plan = import_plan(actor=SYSTEM, data=ipm(setup_def=SETUP_DEF))
    assert plan.catalogues[0][1].startswith("is imported") and not plan.profiles[0].content.unknown


@pytest.mark.parametrize(
    ("versions", "wanted", "chosen"),
    [
        (["1.9.0", "1.10.0", "2.0.0"], "1.11.0", "1.10.0"),
        (["1.9.0", "1.10.0"], "1.0.0", "1.9.0"),
        (["1.9.0", "1.10.0"], "", "1.10.0"),
        (["1.9.0", "1.10.0"], "1.9.0", "1.9.0"),
    ],
)
def test_the_nearest_version_counts(versions: list[str], wanted: str, chosen: str) -> None:
    for version in versions:
        CatalogueFactory(version=version, definition=json.dumps({**DEFINITION, "version": version}))
    text = f'format = "ums-profile/1"\nname = "P"\nbased_on = {{name = "Test Linux", version = "{wanted}"}}\n'
    (planned,) = import_plan(actor=SYSTEM, data=text.encode()).profiles
    assert planned.content.based_on.version == chosen
    assert bool(planned.content.notes) == (wanted not in ("", chosen))


def test_refused_values_refuse_the_import_or_are_left_out() -> None:
    CatalogueFactory()
    text = """format = "ums-profile/1"
name = "P"
based_on = {name = "Test Linux"}
[values]
"system.volume" = 500
"system.timezone" = {expression = "${NOBODY}"}
"system.kernel" = "quiet"
"""
    (planned,) = import_plan(actor=SYSTEM, data=text.encode()).profiles
    assert set(planned.content.refused) == {"system.volume", "system.timezone"}
    assert (
        "from 0 to 100" in planned.content.refused["system.volume"]
        and "NOBODY" in planned.content.refused["system.timezone"]
    )
    with pytest.raises(AppError) as refused:
        profiles_import(actor=SYSTEM, data=text.encode())
    assert refused.value.code == "settings_invalid" and "0: system.volume" in refused.value.fields
    assert not Profile.objects.exists()
    _, (one,) = profiles_import(actor=SYSTEM, data=text.encode(), leave_out=True)
    assert content(one.profile).values == {"system.kernel": "quiet"}


def test_the_tree_turns_standard_into_priority_and_back() -> None:
    data, _ = profiles_export(actor=SYSTEM, profiles=[made()], kind=Format.XML, secrets=True)
    target = root(DirectoryKind.PRIORITY_PROFILE)
    _, (one,) = profiles_import(actor=SYSTEM, data=data, target=target)
    assert one.profile.kind == "priority" and one.profile.directory.parent == target
    data, _ = profiles_export(actor=SYSTEM, profiles=[one.profile], kind=Format.XML, secrets=True)
    assert import_plan(actor=SYSTEM, data=data).profiles[0].kind == "priority"
    (planned,) = import_plan(actor=SYSTEM, data=data, target=root(DirectoryKind.PROFILE)).profiles
    assert planned.kind == "standard" and planned.state is State.IDENTICAL
    (planned,) = import_plan(actor=SYSTEM, data=data, target=root(DirectoryKind.CUSTOMIZATION)).profiles
    assert planned.state is State.REFUSED and "does not go to" in planned.why


def test_all_or_nothing_and_only_where_one_may_write(cast: Cast) -> None:
    profiles = [made("A"), made("B")]
    data, _ = profiles_export(actor=SYSTEM, profiles=profiles, kind=Format.IPM)
    with pytest.raises(NotAllowed):
        profiles_import(actor=cast.actor("admin"), data=data)
    with pytest.raises(NotAllowed):
        import_plan(actor=cast.actor("reader"), data=data, target=cast.own[DirectoryKind.PROFILE])
    plan, imported = profiles_import(actor=cast.actor("admin"), data=data, target=cast.own[DirectoryKind.PROFILE])
    assert [one.profile.directory.name for one in imported] == ["North", "North"]
    assert len({one.profile.directory_id for one in imported}) == 1
    assert [planned.state for planned in plan.profiles] == [State.NEW, State.NEW]


def test_an_import_can_be_taken_back() -> None:
    kept, data = made("Kept"), profiles_export(actor=SYSTEM, profiles=[made("Gone"), made("Kept")], kind=Format.TOML)[0]
    Profile.objects.filter(name="Gone").update(name="Elsewhere")
    Profile.objects.exclude(pk=kept.pk).filter(name="Kept").update(name="Other")
    profile_save(actor=SYSTEM, profile=kept, settings={"values": {}}, overwrite_sessions=False, base=1)
    _, imported = profiles_import(actor=SYSTEM, data=data, duplicates=Decision.REPLACE)
    assert len(imported) == 2
    done = profiles_import_undo(actor=SYSTEM, profiles=[(one.profile, one.before) for one in imported])
    assert done == (1, 1)
    assert content(kept).values == {}
    assert not Profile.objects.filter(name="Gone", deleted_at=None).exists()


@pytest.mark.parametrize("data", [b"", b"nonsense", b"PK\x03\x04", b"<profile>", ipm()[:-30]])
def test_a_wrong_file_changes_nothing(data: bytes) -> None:
    with pytest.raises(AppError) as refused:
        profiles_import(actor=SYSTEM, data=data)
    assert refused.value.code == "exchange_invalid" and "cannot be imported" in refused.value.message
    assert not Profile.objects.exists() and not Event.objects.exists()


def test_names_that_are_none_are_refused_by_the_rules_of_profiles() -> None:
    CatalogueFactory()
    long = "x" * 300
    text = f'format = "ums-profile/1"\nname = "{long}"\nbased_on = {{name = "Test Linux"}}\n'
    with pytest.raises(AppError) as refused:
        profiles_import(actor=SYSTEM, data=text.encode())
    assert refused.value.code == "invalid"


def test_profiles_of_a_factory_can_be_exported() -> None:
    assert profiles_export(actor=SYSTEM, profiles=[ProfileFactory(name="a/b")], kind=Format.IPM)[1] == "a/b.ipm"
