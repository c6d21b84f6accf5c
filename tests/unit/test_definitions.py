"""Parameter definitions of the original, read into catalogues; and files that are none."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.definitions import PARAMETERS, base_system
from ums.domain.formats.definition import Converted, convert_definition
from ums.domain.formats.setup_def import MAX_NODES, read_setup_def
from ums.domain.parameters import Catalogue, CatalogueError, parse_catalogue

EXAMPLE = """<vlist><system><time>system_setting=<true><ntp_enabled>value=<false>type=<bool>runtime=<true>
displayname[de_de]=<NTP benutzen>displayname[en_us]=<Use NTP>tooltip[en_us]=<Synchronise &lt the clock &gt>
</ntp_enabled>
<zone>value=<UTC>type=<string>system_setting=<false>runtime=<false></zone></time></system>
<sessions>node_action=<wm_postsetup><base%><name>value=<>type=<string>displayname[en_us]=<Session name></name>
<on>value=<true>type=<bool></on></base%>
<rdp%><server>value=<>type=<string>range=<></server><on>value=<false></on><depth>value=<32>type=<range>range=<[16]
 [32]>range[en_us]=<[Thousands][Millions]></depth><drive%><path>value=<x>type=<string></path></drive%><drive1></drive1>
<drive3></drive3><usb%><id>value=<>type=<string></id></usb%>
extends_base=<sessions.base%></rdp%><rdp0></rdp0></sessions>
<display%>displayname[en_us]=<Display><mode>value=<auto>type=<editable>range=<[auto][1080p]></mode></display%>
<display0></display0><display1></display1></vlist>"""


def converted(definition: str, ui: Any = None, translations: Any = None) -> Converted:
    return convert_definition(
        name="Example",
        version="1.0.0",
        os="example",
        definition=definition.encode(),
        ui=json.dumps(ui).encode() if ui is not None else b"",
        translations=json.dumps(translations).encode() if translations is not None else b"",
    )


def catalogue(definition: str, ui: Any = None, translations: Any = None) -> Catalogue:
    return parse_catalogue(converted(definition, ui, translations).catalogue)


def one(leaf: str) -> Any:
    """The only parameter of a definition."""
    (parameter,) = catalogue(f"<vlist><a>{leaf}</a></vlist>").parameters.values()
    return parameter


def test_the_example() -> None:
    read = catalogue(EXAMPLE)
    ntp = read.parameters["system.time.ntp_enabled"]
    assert (ntp.type, ntp.default, ntp.label, ntp.help) == ("bool", False, "Use NTP", "Synchronise < the clock >")
    assert ntp.system_setting and ntp.runtime
    assert not read.parameters["system.time.zone"].system_setting, "the nearest node that says it decides"
    assert not read.parameters["system.time.zone"].runtime
    assert read.parameters["sessions.rdp%.depth"].choices == (("16", "Thousands"), ("32", "Millions"))
    assert read.parameters["display%.mode"].type == "editable"


def test_a_class_has_what_its_base_has() -> None:
    read = catalogue(EXAMPLE)
    assert read.parameters["sessions.rdp%.name"].label == "Session name"
    assert (read.parameters["sessions.rdp%.on"].type, read.parameters["sessions.rdp%.on"].default) == ("bool", False)
    assert read.classes["sessions.rdp%"].kind == "free", "sessions are added, also when the first one exists"
    assert read.classes["sessions.rdp%"].name_parameter == "name"


def test_classes_that_exist_by_number_are_fixed() -> None:
    read = catalogue(EXAMPLE)
    display = read.classes["display%"]
    assert (display.kind, display.indices, display.label) == ("fixed", (0, 1), "Display")
    named = catalogue("<v%><name>value=<>type=<string></name></v%><v0></v0>")
    assert named.classes["v%"].kind == "free", "what has a name is a list that one adds to"


def test_inner_instances_become_plain_steps() -> None:
    read = converted(EXAMPLE)
    paths = [entry["path"] for entry in read.catalogue["parameters"]]
    assert "sessions.rdp%.drive1.path" in paths and "sessions.rdp%.drive3.path" in paths
    assert "sessions.rdp%.usb0.id" in paths, "number 0 when there is none"
    assert any("2 classes within another class" in line for line in read.report)


@pytest.mark.parametrize(
    ("leaf", "kind", "default", "reported"),
    [
        ("<x>value=<>type=<bool></x>", "string", "", "does not fit"),
        ("<x>value=<auto>type=<integer></x>", "string", "auto", "does not fit"),
        ("<x>value=<12>type=<int></x>", "integer", 12, ""),
        ("<x>value=<host.example>type=<ip></x>", "string", "host.example", "does not fit"),
        ("<x>value=<a\nb>type=<string></x>", "multiline", "a\nb", ""),
        ("<x>value=<a\x07b>type=<string></x>", "multiline", "ab", "control"),
        ("<x>value=<c>type=<range>range=<[a][b]></x>", "range", "c", "not among"),
        ("<x>value=<a>type=<string>range=<[a][b]></x>", "range", "a", ""),
        ("<x>value=<1>type=<integer>range=<[1][2]>range[en_us]=<[One][Two]></x>", "range", "1", ""),
        ("<x>value=<5>type=<integer>range=<[1][9]></x>", "integer", 5, ""),
        ("<x>value=<q>type=<range></x>", "string", "q", ""),
        ("<x>value=<true></x>", "bool", True, "without a type"),
        ("<x>value=<q>type=<colour>odd=<1></x>", "string", "q", "unknown type"),
    ],
)
def test_types_and_defaults(leaf: str, kind: str, default: Any, reported: str) -> None:
    parameter = one(leaf)
    assert (parameter.type, parameter.default) == (kind, default)
    report = " ".join(converted(f"<a>{leaf}</a>").report)
    assert reported in report if reported else not report


def test_bounds_choices_and_secrets() -> None:
    assert (
        one("<x>value=<5>type=<integer>range=<[1][9]></x>").minimum,
        one("<x>value=<>encrypted=<Z></x>").secret,
    ) == (
        1,
        True,
    )
    assert one("<x>value=<>type=<range>range=<[a]></x>").choices == (("a", "a"), ("", "not set"))


def test_bases_that_extend_each_other_end() -> None:
    text = "<a%>extends_base=<b%><x>value=<1></x></a%><b%>extends_base=<a%><x>type=<integer></x></b%>"
    read = catalogue(text)
    assert read.parameters["a%.x"].default == 1


def test_paths_that_cannot_be_stored_are_reported() -> None:
    read = converted("<a><b c>value=<1></b c><d>value=<2></d></a>")
    assert [entry["path"] for entry in read.catalogue["parameters"]] == ["a.d"]
    assert "1 parameter left out" in read.report[0] and "a.b c" in read.report[0]


UI = {
    "root": {"id": "root", "title": "Root", "parentId": "", "childrenIds": ["Sys Tem", "gone"], "elements": {}},
    "Sys Tem": {
        "id": "Sys Tem",
        "title": "System",
        "nlsResourceId": "t.system",
        "parentId": "root",
        "childrenIds": ["loop"],
        "elements": {
            "10": {"type": "slider", "paramId": "a.volume", "minValue": "0", "maxValue": "100"},
            "2": {
                "type": "parameterGroup",
                "title": "Group",
                "elements": {
                    "0": {"type": "generic", "paramId": "a.name"},
                    "1": {"type": "label", "title": "Colours"},
                    "2": {"type": "picker", "paramId": "a.colour"},
                    "3": {"type": "spacer"},
                    "4": {"type": "generic", "paramId": "a.nowhere"},
                },
            },
        },
    },
    "loop": {"title": "Loop", "parentId": "Sys Tem", "childrenIds": ["Sys Tem", "loop"], "elements": {}},
}
PLAIN = """<a><volume>value=<50>type=<integer></volume><name>value=<>type=<string></name>
<colour>value=<>type=<string></colour><rest>value=<>type=<string></rest></a><d%><m>value=<></m></d%><d0></d0>"""


def test_pages() -> None:
    read = catalogue(PLAIN, UI, {"t.system": {"de": "System (de)", "en": "The system"}})
    system = next(page for page in read.pages.values() if page.title == "The system")
    assert system.id == "sys-tem" and system.parent is None
    assert [p.path for p in read.on_page(system.id)] == ["a.name", "a.colour", "a.volume"], "by number, not by text"
    assert [p.group for p in read.on_page(system.id)] == ["Group", "Colours", ""]
    assert (read.parameters["a.volume"].minimum, read.parameters["a.volume"].maximum) == (0, 100)
    assert "Loop" not in {page.title for page in read.pages.values()}, "a page without parameters is left out"


def test_what_no_page_shows_is_found_under_further_parameters() -> None:
    read = catalogue(PLAIN, UI)
    further = [page for page in read.pages.values() if page.title == "Further parameters"]
    assert [page.title for page in read.children(further[0].id)] == ["a", "d"]
    assert read.parameters["a.rest"].page == "further.a"
    assert any("a.nowhere" in line for line in converted(PLAIN, UI).report)


def test_a_page_may_name_an_instance_by_number() -> None:
    ui = {"p": {"title": "P", "elements": {"0": {"type": "generic", "paramId": "d0.m"}}}}
    assert catalogue(PLAIN, ui).parameters["d%.m"].page == "p"


def test_pages_lie_at_most_eight_levels_deep() -> None:
    ui = {f"p{n}": {"title": f"P{n}", "parentId": f"p{n - 1}" if n else "root"} for n in range(30)}
    ui["p29"]["elements"] = {"0": {"type": "generic", "paramId": "a.name"}}  # type: ignore[assignment]
    read = catalogue(PLAIN, ui)
    assert len(read.trail(read.parameters["a.name"].page)) == 8


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no node"),
        ("<a>", "still open"),
        ("<a></b>", "</a> is expected, and there is </b>"),
        ("</a>", "nothing is open"),
        ("<a>\n x</a>", "line 2, column 2, in a: a tag or an attribute"),
        ("<a>value=<1", "“value=<1”"),
        ("<a></a>", "no parameter"),
        ("<a>" * 1000, "32 levels"),
        ("<a></a>" * (MAX_NODES + 1), "100,000 nodes"),
        ("<a%>" * 20 + "<b0></b0><b%>" * 5, "still open"),
    ],
)
def test_what_is_no_definition_is_refused_with_place_and_reason(text: str, reason: str) -> None:
    with pytest.raises(CatalogueError) as refused:
        converted(text)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    "raw", [b"\xff\xfe<\x00a\x00", b"<a>value=<\xe4>", base_system().definition[:100_000]], ids=("16", "latin", "cut")
)
def test_other_encodings_and_cut_files_are_refused(raw: bytes) -> None:
    with pytest.raises(CatalogueError):
        read_setup_def(raw)


@pytest.mark.parametrize(
    ("ui", "translations", "reason"),
    [
        (b"{", b"", "ui.json is not JSON"),
        (b"[]", b"", "must be an object"),
        (b'{"a": 1}', b"", 'page "a" must be an object'),
        (b"{}", b"nonsense", "translation.json is not JSON"),
        (b"[" * 100_000, b"", "ui.json is not JSON"),
        (b'{"a":{"elements":' + b'{"0":{"elements":' * 100 + b"1" + b"}}" * 100 + b"}}", b"", "levels deep"),
    ],
)
def test_pages_that_cannot_be_read_are_refused(ui: bytes, translations: bytes, reason: str) -> None:
    with pytest.raises(CatalogueError) as refused:
        convert_definition(name="X", version="1", os="x", definition=PLAIN.encode(), ui=ui, translations=translations)
    assert reason in str(refused.value)


def test_inner_instances_cannot_multiply_without_end() -> None:
    inner = "<x>value=<1></x>"
    for level in range(12):
        inner = f"<c{level}x%>{inner}</c{level}x%>" + "".join(f"<c{level}x{n}></c{level}x{n}>" for n in range(10))
    with pytest.raises(CatalogueError, match="more than"):
        converted(f"<top%>{inner}</top%>")


PIECES = st.sampled_from(
    ["<a>", "</a>", "<a%>", "</a%>", "<a0>", "</a0>", "<b>", "</b>", "<b%>", "</b%>", "<b0></b0>", "<b7></b7>", "<x y>",
     "value=<1>", "value=<>", "value=<a\nb>", "type=<bool>", "type=<range>", "type=<integer>", "type=<ip>",
     "range=<[1][a]>", "range=<[[[>", "range[en_us]=<[x]>", "extends_base=<a%>", "extends_base=<b%.a>", "runtime=<no>",
     "displayname[en_us]=<\x00>", "encrypted=<X>", "<vlist>", "</vlist>", " ",
     "<n>value=<7></n>", "<name>value=<></name>"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join) | st.text())
@example("<%>value=<1></%>")
@example("<a%>extends_base=<a%.b><b>extends_base=<a%><x>value=<1></x></b></a%>")
@example("<a%>value=<1><b>value=<2></b></a%>")
def test_any_text_is_a_catalogue_or_refused(text: str) -> None:
    try:
        read = convert_definition(
            name="X", version="1", os="x", definition=text.encode("utf-8", "surrogatepass"), ui=json.dumps(UI).encode()
        )
    except CatalogueError:
        return
    assert parse_catalogue(read.catalogue).parameters


def well_formed() -> st.SearchStrategy[str]:
    names = st.sampled_from(["a", "a%", "a0", "a1", "b", "b%", "b0", "name", "x y", "x" * 70])
    attributes = st.lists(PIECES.filter(lambda piece: "=<" in piece and piece[0] != "<"), max_size=4).map("".join)
    leaves = st.builds("<{0}>{1}</{0}>".format, names, attributes)
    return st.recursive(
        leaves,
        lambda inner: st.builds(
            "<{0}>{1}{2}</{0}>".format, names, attributes, st.lists(inner, max_size=4).map("".join)
        ),
        max_leaves=15,
    )


@given(st.lists(well_formed(), max_size=4).map("".join))
def test_any_well_formed_tree_is_a_catalogue_or_refused(text: str) -> None:
    with contextlib.suppress(CatalogueError):
        read = converted(text)
        assert parse_catalogue(read.catalogue).parameters


@example({"root": {"parentId": []}})
@given(st.recursive(st.none() | st.text() | st.integers() | st.sampled_from(["a.name", "root", "p"]), lambda inner: (
    st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["root", "p", "0", "1", "elements", "childrenIds", "parentId", "title", "paramId", "type"]),
        inner, max_size=5)
)))  # fmt: skip
def test_any_pages_are_pages_or_refused(ui: Any) -> None:
    try:
        read = converted(PLAIN, ui)
    except CatalogueError:
        return
    assert parse_catalogue(read.catalogue).parameters


def test_a_whole_base_system() -> None:
    files = base_system()
    assert 4_300_000 < len(files.definition) < 5_000_000
    assert 400_000 < len(files.ui) < 650_000
    read = convert_definition(
        name="base_system",
        version="12.7.4",
        os="igel-os-12",
        definition=files.definition,
        ui=files.ui,
        translations=files.translations,
    )
    parsed = parse_catalogue(read.catalogue)
    assert len(parsed.parameters) == PARAMETERS
    assert len(parsed.classes) == 160
    assert {cls.kind for cls in parsed.classes.values()} == {"free", "fixed"}
    assert sum(parameter.secret for parameter in parsed.parameters.values()) > 20


@pytest.mark.parametrize(
    "text",
    [
        "<a>range=<" + "[" * 500_000 + ">value=<1>type=<range></a>",
        "<a>" + "\n" * 1_000_000 + "</a>",
        "<a>" + "b[" * 500_000,
        "<a>value=<" * 200_000,
        "<a>" + "".join(f"<b{n}></b{n}>" for n in range(40_000)) + "<b%><x>value=<1></x></b%></a>",
        "<a%>" + "".join(f"<b{n:05}></b{n:05}>" for n in range(40_000)) + "<b%><x>value=<1></x></b%></a%>",
        "".join(f"<c{n}x%>extends_base=<c{n - 1}x%><x>value=<1></x></c{n}x%>" for n in range(900)),
    ],
)
def test_hostile_texts_come_to_an_end(text: str) -> None:
    with contextlib.suppress(CatalogueError):
        converted(text)
