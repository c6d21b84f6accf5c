"""Exported profiles in their three formats: nothing gets lost, and nothing harmful gets in."""

from __future__ import annotations

import io
import json
import stat
import struct
import zipfile
import zlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ums.domain.formats.archive import Archive
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
    read_profile,
    write_assignments,
    write_profile,
)
from ums.domain.parameters import Expression, Instance, Settings, parse_catalogue

XML = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<profiles><profile>
  <profile_id>121</profile_id><profilename>Terminal</profilename>
  <firmware><model>IGEL OS 11</model><version>11.03.103.01</version></firmware>
  <description/><overwritesessions>true</overwritesessions><is_master_profile>false</is_master_profile>
  <settings>
    <pclass name="system.time.ntp_enabled">
      <pvalue instancenr="-1" variableExpression="" variableSubstitutionActive="false">true</pvalue>
      <variableSubstitutionActive>false</variableSubstitutionActive>
    </pclass>
    <pclass name="windowmanager.wm%.pages">
      <pvalue instancenr="0" variableExpression="" variableSubstitutionActive="false">2</pvalue>
      <pvalue instancenr="1" variableExpression="Page ${SITE}" variableSubstitutionActive="true">old</pvalue>
    </pclass>
    <pclass name="script"><pvalue instancenr="-1">echo &quot;a&quot;
  if a &amp;lt b</pvalue></pclass>
  </settings>
  <instancesettings>
    <instance classprefix="sessions.xterm%" serialnumber="1478ddbb:16fa18a7001:-8000172.0.4.237">
      <ivalue classname="sessions.xterm%.name" variableExpression="" variableSubstitutionActive="false">T</ivalue>
    </instance>
  </instancesettings>
</profile></profiles>"""

IPM: dict[str, Any] = {
    "meta": {
        "version": "1.0.0",
        "profileId": 158,
        "profileName": "Clock",
        "profileDescription": "",
        "profileType": "PROFILE",
    },
    "path": ["Sites", "North"],
    "apps": [{"line": "base_system"}],
    "parameterDescriptions": {
        "system.time.ntp_enabled": {"type": 2, "uiType": "bool", "value": True, "activatedInProfile": "Clock"},
        "windowmanager.wm": {
            "type": 1,
            "templateParameters": {"variables.pagingsizex": {"uiType": "integer"}},
            "instances": {"0": {"variables.pagingsizex": {"value": 2, "isIntegerInstance": True}}},
        },
        "sessions.xterm": {
            "type": 1,
            "instances": {"1700000000000abc": {"name": {"value": "T", "isIntegerInstance": False}}, "17aa": {}},
        },
    },
}


def packed(*entries: tuple[str, bytes | str], **options: Any) -> bytes:
    """A ZIP file as anybody makes one."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return target.getvalue()


def ipm(**changes: Any) -> bytes:
    """IPM as a file."""
    return packed(("PROFILES/Clock.json", json.dumps({**IPM, **changes})))


def refused(data: bytes) -> str:
    """Why a file is refused."""
    with pytest.raises(ExchangeError) as error:
        read_file(data)
    return str(error.value)


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

LINE = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=30)
TEXT = st.lists(LINE, max_size=4).flatmap(lambda lines: st.sampled_from(["\n", "\r\n", "\t", "\r"]).map(
    lambda sign: sign.join(lines)
))  # fmt: skip
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


# --- Nothing harmful gets in -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("read", [read_file, read_ipm, read_xml, read_profile, read_assignments, read_templates])
@given(
    data=st.one_of(st.binary(max_size=300), st.binary(max_size=100).map(b"PK\x03\x04".__add__), TEXT.map(str.encode))
)
@example(data=b'<?xml version="1.0" encoding="utf-16"?><profile/>')
@example(data=b"<profile><profilename>\xff</profilename></profile>")
@example(data=b"a = " + b"[" * 5000)
@settings(deadline=None, max_examples=50)
def test_any_bytes_are_read_or_refused(read: Any, data: bytes) -> None:
    try:
        read(data)
    except ExchangeError:
        pass


SOURCES = [XML.encode(), ipm(), write_profile(read_file(XML.encode())[1].profiles[0])]


@given(source=st.sampled_from(SOURCES), start=st.floats(0, 1), length=st.integers(0, 40), put=st.binary(max_size=20))
@settings(deadline=None, max_examples=200)
def test_a_damaged_file_is_read_or_refused(source: bytes, start: float, length: int, put: bytes) -> None:
    at = int(start * len(source))
    try:
        read_file(source[:at] + put + source[at + length :])
    except ExchangeError:
        pass


@pytest.mark.parametrize("source", SOURCES[:2])
def test_a_file_that_is_cut_off_is_refused(source: bytes) -> None:
    for share in (0.3, 0.6, 0.95):
        assert "cut off" in refused(source[: int(len(source) * share)])


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../PROFILES/x.json", "out of the archive"),
        ("PROFILES/../../x.json", "out of the archive"),
        ("/PROFILES/x.json", "out of the archive"),
        ("PROFILES//x.json", "out of the archive"),
        ("C:x.json", "not allowed"),
        ("PROFILES\\x.json", "not allowed"),
        ("PROFILES/a\nb.json", "not allowed"),
        ("PROFILES/" + "x" * 500 + ".json", "too long"),
        ("a/" * 20 + "x.json", "too long"),
        ("APPS/inner.zip", "archive inside"),
        ("APPS/inner.IPM", "archive inside"),
    ],
)
def test_names_in_an_archive(name: str, why: str) -> None:
    assert why in refused(packed(("PROFILES/Clock.json", json.dumps(IPM)), (name, b"x")))


def test_an_entry_that_is_there_twice() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = packed(("PROFILES/a.json", json.dumps(IPM)), ("PROFILES/a.json", json.dumps(IPM)))
    assert "twice" in refused(data)


def test_a_link_in_an_archive() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        info = zipfile.ZipInfo("PROFILES/x.json")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    assert "is a link" in refused(target.getvalue())


def test_an_encrypted_entry() -> None:
    data = bytearray(ipm())
    data[6] |= 1
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    assert "encrypted" in refused(bytes(data))


def test_an_unusual_packing() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("PROFILES/x.json", json.dumps(IPM))
    assert "not supported" in refused(target.getvalue())


def test_too_many_entries() -> None:
    assert "more than 10,000 entries" in refused(packed(*((f"APPS/{n}", b"") for n in range(10_001))))


def test_a_bomb_that_tells_its_size() -> None:
    assert "larger than such a file" in refused(packed(("PROFILES/x.json", b" " * (9 * 2**20))))


def test_a_bomb_that_lies_about_its_size() -> None:
    """The archive says one kilobyte, the stream unpacks to 64 MB: reading stops early."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    stream = b"".join(packer.compress(bytes(2**20)) for _ in range(64)) + packer.flush()
    name = b"PROFILES/x.json"
    local = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 8, 0, 33, 0, len(stream), 1024, len(name), 0) + name
    central = struct.pack(
        "<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, 0, 8, 0, 33, 0, len(stream), 1024, len(name), 0, 0, 0, 0, 0, 0
    )
    size = len(central) + len(name)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, size, len(local) + len(stream), 0)
    assert "damaged" in refused(local + stream + central + name + end)


def test_all_entries_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ums.domain.formats.archive.MAX_TOTAL", 1000)
    archive = Archive(packed(("a", b"x" * 600), ("b", b"x" * 600)))
    archive.read("a", 1000)
    with pytest.raises(ExchangeError, match="larger"):
        archive.read("b", 1000)


def test_a_wrong_checksum() -> None:
    data = bytearray(packed(("PROFILES/x.json", json.dumps(IPM))))
    data[data.index(b"PK\x01\x02") + 16] ^= 0xFF
    data[14] ^= 0xFF
    assert "damaged" in refused(bytes(data))


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE p [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE p SYSTEM "http://192.0.2.1/x.dtd">',
        "<!DOCTYPE p>",
    ],
)
def test_document_types_and_entities(head: str) -> None:
    why = refused(f'<?xml version="1.0"?>{head}<profile><profilename>&b;</profilename></profile>'.encode())
    assert "declares a document type" in why


def test_xml_that_is_too_deep_or_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "deeper ones" in refused(b"<a>" * 100_000)
    monkeypatch.setattr("ums.domain.formats.os11_xml.MAX_ELEMENTS", 50)
    assert "more elements" in refused(b"<profiles>" + b"<profile/>" * 60 + b"</profiles>")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"\n ", "empty"),
        (b"<html></html>", "begin with <profiles>"),
        (b"<profiles></profiles>", "1 to 2,000"),
        (b"<profile></profile>", "no name"),
        (XML.replace('"0"', '"zero"').encode(), "no number"),
        (XML.replace('"0"', '"1"').encode(), "twice"),
        (XML.encode("utf-16"), "not"),
        (packed(("a.txt", b"x")), "no profile in this file"),
        (packed(("PROFILES/x.json", b"{" * 100_000)), "not a profile"),
        (packed(("PROFILES/x.json", b"[" * 100_000)), "not a profile"),
        (packed(("PROFILES/x.json", b'{"meta": {"profileName": 5}}')), "not a profile"),
        (packed(("PROFILES/x.json", b'{"meta": {"profileName": " "}}')), "no name"),
        (ipm(path=["a"] * 40), "path"),
        (ipm(path=[""]), "path"),
        (ipm(ums={"kind": "boss"}), "no kind"),
        (b"name = 5", "not what the file should hold"),
        (b'format = "ums-profile/1"\nname = "x"\nbased_on = {name = "y"}\nsurprise = 1', "surprise"),
        (b".".join([b"a"] * 5000) + b" = 1", "32 parts"),
        (b"\x00\x01\x02", "not TOML"),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_wrong_files_are_refused_with_the_reason(data: bytes, why: str) -> None:
    assert why in refused(data)


def test_where_a_text_is_wrong() -> None:
    with pytest.raises(ExchangeError) as error:
        read_profile(b'format = "ums-profile/1"\nname = \n', "a.toml")
    assert error.value.line == 2 and str(error.value).startswith("a.toml: ")
