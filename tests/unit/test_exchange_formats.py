"""Exported profiles in their three formats: nothing gets lost."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.exchanged import IPM, LINE, TEXT, XML, ipm, packed
from ums.domain.formats.exchange import Basis, Exchange, ExchangedCatalogue, ExchangedProfile, ExchangeError
from ums.domain.formats.files import Format, read_file, write_file
from ums.domain.formats.ipm import read_ipm, write_ipm
from ums.domain.formats.os11_xml import read_xml
from ums.domain.formats.templates import (
    ExchangedGroup,
    ExchangedKey,
    ExchangedTemplates,
    ExchangedValue,
    read_templates,
    write_templates,
)
from ums.domain.formats.text import (
    ExchangedAssignments,
    line_of,
    read_assignments,
    write_assignments,
    write_profile,
)
from ums.domain.parameters import Expression, Instance, Settings, parse_catalogue

# --- Reading what the originals write --------------------------------------------------------------------------------


def test_xml_of_the_original() -> None:
    kind, exchange = read_file(XML.encode())
    (profile,) = exchange.profiles
    assert kind is Format.XML
    assert (profile.name, profile.source_id, profile.kind) == ("Terminal", "121", "standard")
    assert profile.based_on == Basis("IGEL OS 11", "11.03.103.01", "igel-os-11")
    assert profile.overwrite_sessions
    assert profile.settings.values == {
        "system.time.ntp_enabled": "true",
        "windowmanager.wm0.pages": "2",
        "windowmanager.wm1.pages": Expression("Page ${SITE}"),
        "script": 'echo "a"\n  if a &lt b',
    }
    assert profile.fixed["windowmanager.wm1.pages"] == ("windowmanager.wm%.pages", 1)
    instance = profile.settings.instances["1478ddbb:16fa18a7001:-8000172.0.4.237"]
    assert instance == Instance("sessions.xterm%", {"name": "T"})


def test_ipm_of_the_original() -> None:
    data = packed(
        ("PROFILES/Clock.json", json.dumps(IPM)),
        ("APPS/base_system-12.7.4+1/app.json", "{}"),
        ("APPS/base_system-12.7.4+1/mono.svg", "<svg/>"),
        ("APPS/base_system-12.7.4+1/config/setup.def", "<vlist></vlist>"),
        ("APPS/base_system-12.7.4+1/config/ui.json", "{}"),
        ("APPS/cwa-23.9/app.json", "{}"),
    )
    kind, exchange = read_file(data)
    (profile,) = exchange.profiles
    assert kind is Format.IPM
    assert (profile.name, profile.source_id, profile.path) == ("Clock", "158", ("Sites", "North"))
    assert profile.based_on == Basis("base_system", "12.7.4+1", "igel-os-12")
    assert profile.settings.values == {"system.time.ntp_enabled": True, "windowmanager.wm0.variables.pagingsizex": 2}
    assert dict(profile.settings.instances) == {
        "1700000000000abc": Instance("sessions.xterm%", {"name": "T"}),
        "17aa": Instance("sessions.xterm%", {}),
    }
    assert exchange.catalogues == (
        ExchangedCatalogue("base_system", "12.7.4+1", "igel-os-12", b"<vlist></vlist>", b"{}"),
    )


def test_a_value_that_cannot_be_taken_is_told_and_the_others_are_read() -> None:
    descriptions = {
        "good": {"type": 2, "value": "x"},
        "wrong": {"type": 2, "value": "Ward ${", "templateExpression": "Ward ${"},
        "nothing": {"type": 2},
        "class": {"type": 1, "instances": {"17aa": {"name": {"value": "a\0b"}}}},
    }
    _, exchange = read_file(ipm(parameterDescriptions=descriptions))
    (profile,) = exchange.profiles
    assert profile.settings.values == {"good": "x"}
    assert set(profile.refused) == {"wrong", "17aa:name"}
    assert "nothing has no value" in profile.notes[0]


def test_an_expression_that_is_switched_off_is_noted() -> None:
    text = XML.replace('variableSubstitutionActive="true">old', 'variableSubstitutionActive="false">old')
    (profile,) = read_xml(text.encode()).profiles
    assert profile.settings.values["windowmanager.wm1.pages"] == "old"
    assert "switched off" in profile.notes[0]


# --- Nothing gets lost -----------------------------------------------------------------------------------------------

GIVEN = st.one_of(
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
    LINE.map(lambda text: Expression(text.replace("$", "") + "${SITE} &amp;lb")),
)
WORD = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
PATHS = st.lists(WORD, min_size=1, max_size=4).map(".".join)
SERIALS = st.from_regex(r"[A-Za-z][A-Za-z0-9:._-]{0,30}", fullmatch=True)
NAMES = LINE.map(str.strip).filter(bool)
VALUES = st.dictionaries(PATHS.map("plain.".__add__), GIVEN, max_size=6)
INSTANCES = st.dictionaries(
    SERIALS,
    st.builds(Instance, PATHS.map("free.{}%".format), st.dictionaries(PATHS, GIVEN, max_size=4)),
    max_size=4,
)
FIXED = st.dictionaries(st.tuples(WORD, st.integers(0, 300), PATHS), GIVEN, max_size=4)
BASES = st.builds(Basis, NAMES, LINE.map(str.strip), WORD)


@st.composite
def profiles(draw: st.DrawFn) -> ExchangedProfile:
    """Any profile that can be stored."""
    fixed = {f"fixed.{cls}_{n}.{name}": (f"fixed.{cls}_%.{name}", n, v) for (cls, n, name), v in draw(FIXED).items()}
    values = {**draw(VALUES), **{path: value for path, (_, _, value) in fixed.items()}}
    return ExchangedProfile(
        name=draw(NAMES),
        apps=tuple(draw(st.lists(BASES, min_size=1, max_size=3))),
        settings=Settings(values, draw(INSTANCES)),
        source_id=draw(st.from_regex(r"[0-9]{0,20}", fullmatch=True)),
        description=draw(TEXT),
        kind=draw(st.sampled_from(["standard", "priority", "customization", "update"])),
        use_case=draw(st.sampled_from(["", "wallpaper"])),
        path=tuple(draw(st.lists(NAMES, max_size=3))),
        overwrite_sessions=draw(st.booleans()),
        fixed={path: (cls, number) for path, (cls, number, _) in fixed.items()},
    )


def typed(profile: ExchangedProfile) -> list[Any]:
    """Values with their types: True, 1 and 1.0 are equal, and not the same."""
    parts = [profile.settings.values, *(one.values for one in profile.settings.instances.values())]
    return [sorted((name, type(value).__name__, str(value)) for name, value in part.items()) for part in parts]


@pytest.mark.parametrize("kind", list(Format))
@given(many=st.lists(profiles(), min_size=1, max_size=3))
@settings(deadline=None, max_examples=40)
def test_writing_and_reading_again_loses_nothing(kind: Format, many: list[ExchangedProfile]) -> None:
    data, _ = write_file(kind, Exchange(tuple(many)))
    found_kind, exchange = read_file(data)
    assert found_kind is kind
    if kind is Format.TOML:  # concrete paths say the number; the catalogue says the rest
        many = [replace(profile, fixed={}) for profile in many]
    assert list(exchange.profiles) == many
    assert [typed(profile) for profile in exchange.profiles] == [typed(profile) for profile in many]
    assert write_file(kind, exchange)[0] == data


def test_the_original_survives_the_other_formats() -> None:
    for source in (XML.encode(), ipm()):
        _, exchange = read_file(source)
        for kind in Format:
            assert read_file(write_file(kind, exchange)[0])[1].profiles[0].settings == exchange.profiles[0].settings


def test_catalogues_travel_in_an_ipm() -> None:
    catalogues = (
        ExchangedCatalogue("base_system", "12.7", "igel-os-12", b"<vlist></vlist>", b"{}", b"[]"),
        ExchangedCatalogue("UMS Linux", "1.0.0", "igel-os-12", b"{}", own=True),
    )
    profile = read_file(ipm())[1].profiles[0]
    assert read_ipm(write_ipm(Exchange((profile,), catalogues))).catalogues == catalogues


def test_writers_look_up_what_a_catalogue_knows() -> None:
    catalogue = parse_catalogue({
        "format": "ums-catalogue/1", "name": "T", "version": "1", "os": "t", "pages": [{"id": "a", "title": "A"}],
        "classes": [{"path": "display%", "kind": "fixed", "label": "Display", "indices": [0, 10]}],
        "parameters": [
            {"path": "display%.on", "page": "a", "type": "bool", "default": False, "label": "On"},
            {"path": "zone", "page": "a", "type": "editable", "default": "", "label": "Z", "system_setting": True},
        ],
    })  # fmt: skip
    profile = ExchangedProfile(
        "P", (Basis("T", "1"),), Settings({"display10.on": True, "zone": "UTC", "other": 1}), catalogue=catalogue
    )
    with zipfile.ZipFile(io.BytesIO(write_ipm(Exchange((profile,))))) as archive:
        described = json.loads(archive.read("PROFILES/P.json"))["parameterDescriptions"]
    assert described["display"]["instances"]["10"]["on"]["value"] is True
    assert (described["zone"]["uiType"], described["zone"]["systemSettings"]) == ("editable", True)
    assert (described["other"]["uiType"], described["other"]["systemSettings"]) == ("integer", False)


@pytest.mark.parametrize("kind", list(Format))
def test_names_that_are_no_file_names(kind: Format) -> None:
    profile = read_file(ipm())[1].profiles[0]
    many = tuple(replace(profile, name=name, fixed={}) for name in ("../x", "a/b", "A/B", "a_b", "x.zip", "..", "Ü ü"))
    exchange = Exchange(many)
    assert [one.name for one in read_file(write_file(kind, exchange)[0])[1].profiles] == [one.name for one in many]


def test_what_a_format_cannot_carry_is_refused() -> None:
    profile = ExchangedProfile("P", (Basis("T"),), Settings({"a": "x\ufffe"}))
    with pytest.raises(ExchangeError, match=r"U\+FFFE"):
        write_file(Format.XML, Exchange((profile,)))
    both = replace(profile, settings=Settings({"a": 1}, {"s": Instance("a%", {"b": 1})}))
    with pytest.raises(ExchangeError, match="at once"):
        write_file(Format.IPM, Exchange((both,)))


@given(
    st.lists(
        st.builds(
            ExchangedAssignments,
            NAMES,
            st.sampled_from(["standard", "priority"]),
            st.lists(NAMES, max_size=3).map(tuple),
            st.lists(st.lists(NAMES, max_size=3).map(tuple), max_size=3).map(tuple),
            st.lists(NAMES, max_size=3).map(tuple),
        ),
        max_size=4,
    )
)
@settings(deadline=None, max_examples=40)
def test_assignments_survive(assignments: list[ExchangedAssignments]) -> None:
    data = write_assignments(assignments)
    read = read_assignments(data)
    assert [replace(one, line=0) for one in read] == assignments
    lines = data.decode().split("\n")
    assert all(lines[one.line - 1] == "[[profile]]" for one in read)


PLACES = st.lists(st.lists(NAMES, max_size=3).map(tuple), max_size=2).map(tuple)
UNIT_IDS = st.lists(NAMES, max_size=2).map(tuple)
SCALARS = st.one_of(st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), TEXT)
KEY_VALUES = st.builds(ExchangedValue, SCALARS, TEXT, PLACES, UNIT_IDS)
KEYS = st.builds(
    ExchangedKey,
    NAMES,
    st.sampled_from(["string", "checkbox", "integer", "float"]),
    TEXT,
    st.lists(NAMES, max_size=2).map(tuple),
    st.lists(KEY_VALUES, max_size=3).map(tuple),
)
GROUPS = st.builds(
    ExchangedGroup,
    NAMES,
    TEXT,
    st.lists(NAMES, max_size=2).map(tuple),
    st.dictionaries(NAMES, SCALARS, max_size=3).map(lambda found: tuple(found.items())),
    PLACES,
    UNIT_IDS,
)


@given(st.lists(KEYS, max_size=3).map(tuple), st.lists(GROUPS, max_size=3).map(tuple))
@settings(deadline=None, max_examples=40)
def test_template_keys_survive(keys: tuple[ExchangedKey, ...], groups: tuple[ExchangedGroup, ...]) -> None:
    data = write_templates(ExchangedTemplates(keys, groups))
    read = read_templates(data)
    bare = [replace(key, line=0, values=tuple(replace(one, line=0) for one in key.values)) for key in read.keys]
    assert bare == list(keys)
    assert [replace(group, line=0) for group in read.groups] == list(groups)
    assert write_templates(read) == data


def test_toml_is_readable() -> None:
    settings = Settings({"b.c": "one\ntwo", "a": Expression("Ward ${SITE}")}, {"s1": Instance("x%", {"name": "N"})})
    profile = ExchangedProfile("Kiosk", (Basis("UMS Linux", "1.0.0"),), settings, path=("North",))
    text = write_profile(profile).decode()
    assert text == (
        'format = "ums-profile/1"\nkind = "standard"\nname = "Kiosk"\ndirectory = [\n    "North",\n]\n'
        'overwrite_sessions = false\n\n[based_on]\nname = "UMS Linux"\nversion = "1.0.0"\n\n[values]\n'
        '"b.c" = """\none\ntwo"""\n\n[values.a]\nexpression = "Ward ${SITE}"\n\n'
        '[instances.s1]\nclass = "x%"\n\n[instances.s1.values]\nname = "N"\n'
    )
    assert [line_of(text, key) for key in ("b.c", "a", "s1:name", "nowhere")] == [14, 18, 25, 1]
