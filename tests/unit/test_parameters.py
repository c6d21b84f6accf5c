"""Rules of parameters, catalogues and settings."""

import contextlib
import json
import math
import time
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ums.domain.parameters import (
    CatalogueError,
    Instance,
    Parameter,
    ParameterError,
    Settings,
    SettingsError,
    clean_settings,
    new_serial,
    parse_catalogue,
    settings_from_json,
    settings_to_json,
)

CATALOGUE: dict[str, Any] = {
    "format": "ums-catalogue/1",
    "name": "Demo",
    "version": "1.0.0",
    "os": "demo",
    "pages": [
        {"id": "sessions", "title": "Sessions", "parent": None},
        {"id": "sessions.rdp", "title": "RDP", "parent": "sessions"},
        {"id": "displays", "title": "Displays", "parent": None},
    ],
    "classes": [
        {"path": "sessions.rdp%", "kind": "free", "label": "RDP session", "name_parameter": "name"},
        {"path": "userinterface.display%", "kind": "fixed", "label": "Display", "indices": [0, 1]},
    ],
    "parameters": [
        {"path": "sessions.rdp%.name", "page": "sessions.rdp", "type": "string", "default": "RDP", "label": "Name"},
        {
            "path": "sessions.rdp%.port",
            "page": "sessions.rdp",
            "group": "Connection",
            "type": "integer",
            "default": 3389,
            "minimum": 1,
            "maximum": 65535,
            "label": "Port",
            "help": "Where the server listens.",
        },
        {
            "path": "userinterface.display%.rotation",
            "page": "displays",
            "type": "range",
            "default": "0",
            "choices": [["0", "None"], ["90", "Left"]],
            "label": "Rotation",
        },
        {
            "path": "network.dns.hostname",
            "page": "displays",
            "type": "string",
            "default": "",
            "pattern": "[A-Za-z0-9-]{1,63}",
            "label": "Host name",
            "help": "Letters, digits and hyphens.",
            "system_setting": True,
            "machinespecific": True,
            "runtime": False,
        },
    ],
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
VALUES = (
    st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30)
)


def parameter(kind: str, **fields: Any) -> Parameter:
    return Parameter(path="x", type=kind, default="", label="X", help=fields.pop("help", ""), page="p", **fields)  # type: ignore[arg-type]


def catalogue(**changes: Any) -> dict[str, Any]:
    return deepcopy(CATALOGUE) | changes


PORT = parameter("integer", minimum=0, maximum=65535)
SCALE = parameter("float", minimum=0.5)
DEPTH = parameter("range", choices=(("16", "Thousands"), ("32", "Millions")))
LAYOUT = parameter("editable", choices=(("de", "German"),))
HOST = parameter("string", pattern="[a-z]{1,5}", help="Small letters only.")


@pytest.mark.parametrize(
    ("param", "raw", "value"),
    [
        (parameter("bool"), True, True),
        (parameter("bool"), "FALSE", False),
        (parameter("bool"), "1", True),
        (parameter("bool"), 0, False),
        (parameter("bool"), " off ", False),
        (PORT, 443, 443),
        (PORT, " 443 ", 443),
        (PORT, 443.0, 443),
        (PORT, "00", 0),
        (parameter("integer"), "-7", -7),
        (SCALE, "1.5", 1.5),
        (SCALE, 2, 2.0),
        (DEPTH, "16", "16"),
        (DEPTH, 32, "32"),
        (LAYOUT, "de", "de"),
        (LAYOUT, "anything else", "anything else"),
        (HOST, "abc", "abc"),
        (HOST, "", ""),
        (parameter("string"), "  kept as it is ", "  kept as it is "),
        (parameter("string"), "Größe – 日本\u00a0語", "Größe – 日本\u00a0語"),
        (parameter("string"), 12, "12"),
        (parameter("ip"), " 10.0.0.1 ", "10.0.0.1"),
        (parameter("ip"), "2001:DB8:0::1", "2001:db8::1"),
        (parameter("ip"), "", ""),
        (parameter("multiline"), "a\r\nb\rc\td", "a\nb\nc\td"),
    ],
)
def test_clean_accepts(param: Parameter, raw: object, value: object) -> None:
    cleaned = param.clean(raw)
    assert cleaned == value
    assert type(cleaned) is type(value)


@pytest.mark.parametrize(
    ("param", "raw", "message"),
    [
        (parameter("bool"), "maybe", "Choose on (true) or off (false)."),
        (parameter("bool"), 2, "Choose on (true) or off (false)."),
        (parameter("bool"), None, "Choose on (true) or off (false)."),
        (PORT, 65536, "Enter a whole number from 0 to 65535."),
        (PORT, "-1", "Enter a whole number from 0 to 65535."),
        (PORT, True, "Enter a whole number from 0 to 65535."),
        (PORT, 1.5, "Enter a whole number from 0 to 65535."),
        (PORT, math.inf, "Enter a whole number from 0 to 65535."),
        (PORT, "9" * 5000, "Enter a whole number from 0 to 65535."),
        (PORT, "٣", "Enter a whole number from 0 to 65535."),
        (PORT, "--1", "Enter a whole number from 0 to 65535."),
        (parameter("integer"), 2**53, "Enter a whole number."),
        (parameter("integer", minimum=1), 0, "Enter a whole number of 1 or more."),
        (parameter("integer", maximum=9), 10, "Enter a whole number of 9 or less."),
        (SCALE, "nan", "Enter a number of 0.5 or more."),
        (SCALE, math.nan, "Enter a number of 0.5 or more."),
        (SCALE, 10**400, "Enter a number of 0.5 or more."),
        (SCALE, "1_0", "Enter a number of 0.5 or more."),
        (SCALE, False, "Enter a number of 0.5 or more."),
        (DEPTH, "24", "Choose one of: Thousands (16), Millions (32)."),
        (DEPTH, ["16"], "Choose one of: Thousands (16), Millions (32)."),
        (HOST, "ABC", "Enter a value of the expected form. Small letters only."),
        (HOST, "a" * 256, "Enter at most 255 characters."),
        (parameter("string"), "a\nb", "Enter the text on one line, without control characters."),
        (parameter("string"), "a\x00b", "Enter the text on one line, without control characters."),
        (parameter("string"), "\ud800", "Enter the text on one line, without control characters."),
        (parameter("string"), "a" * 4097, "Enter at most 4096 characters."),
        (parameter("string"), None, "Enter a text."),
        (parameter("string"), {}, "Enter a text."),
        pytest.param(parameter("string"), 10**6000, "Enter a text.", id="huge-number"),
        (parameter("multiline"), "a\x1bb", "Enter a text without control characters."),
        (parameter("multiline"), "a" * 65537, "Enter at most 65536 characters."),
        (parameter("ip"), "10.0.0.256", "Enter an IP address such as"),
        (parameter("ip"), 1, "Enter an IP address such as"),
    ],
)
def test_clean_refuses_and_says_what_to_enter(param: Parameter, raw: object, message: str) -> None:
    with pytest.raises(ParameterError) as refused:
        param.clean(raw)
    assert str(refused.value).startswith(message)


def test_long_list_of_choices_is_cut_in_the_message() -> None:
    many = parameter("range", choices=tuple((str(number), str(number)) for number in range(40)))
    with pytest.raises(ParameterError, match="10, 11 or one of 28 more"):
        many.clean("x")


KINDS = [
    parameter("bool"),
    PORT,
    parameter("integer"),
    SCALE,
    DEPTH,
    LAYOUT,
    HOST,
    parameter("string"),
    parameter("ip"),
    parameter("multiline"),
]


@given(st.sampled_from(KINDS), VALUES | JSON)
def test_clean_is_idempotent_and_raises_nothing_else(param: Parameter, raw: object) -> None:
    try:
        once = param.clean(raw)
    except ParameterError:
        return
    assert param.clean(once) == once
    assert type(param.clean(once)) is type(once)


def test_catalogue_finds_members_and_fixed_instances() -> None:
    found = parse_catalogue(CATALOGUE)
    port = found.find("sessions.rdp%.port")
    assert port is not None
    assert (port.class_path, port.relative, port.default) == ("sessions.rdp%", "port", 3389)
    rotation = found.find("userinterface.display1.rotation")
    assert rotation is found.parameters["userinterface.display%.rotation"]
    hostname = found.parameters["network.dns.hostname"]
    assert (hostname.class_path, hostname.relative) == ("", "network.dns.hostname")
    assert hostname.system_setting is hostname.machinespecific is True
    assert hostname.runtime is hostname.secret is False
    assert found.find("userinterface.display2.rotation") is None
    assert found.find("userinterface.display01.rotation") is None
    assert found.find("sessions.rdp0.port") is None
    assert found.find("") is None


@pytest.mark.parametrize(
    ("path", "cls"),
    [
        ("sessions.rdp%.port", "sessions.rdp%"),
        ("sessions.rdp%", "sessions.rdp%"),
        ("userinterface.display0.rotation", "userinterface.display%"),
        ("network.dns.hostname", None),
        ("sessions.ica%.name", None),
        ("", None),
    ],
)
def test_class_of(path: str, cls: str | None) -> None:
    found = parse_catalogue(CATALOGUE).class_of(path)
    assert (found.path if found else None) == cls


def test_concrete_path_of_a_fixed_class() -> None:
    assert parse_catalogue(CATALOGUE).classes["userinterface.display%"].concrete(1) == "userinterface.display1"


def test_defaults_hold_plain_and_fixed_but_no_free_paths() -> None:
    found = parse_catalogue(CATALOGUE)
    assert dict(found.defaults) == {
        "network.dns.hostname": "",
        "userinterface.display0.rotation": "0",
        "userinterface.display1.rotation": "0",
    }
    assert found.defaults is found.defaults
    assert dict(found.instance_defaults["sessions.rdp%"]) == {"name": "RDP", "port": 3389}


def test_pages() -> None:
    found = parse_catalogue(CATALOGUE)
    assert [page.id for page in found.children(None)] == ["sessions", "displays"]
    assert [page.id for page in found.children("sessions")] == ["sessions.rdp"]
    assert [page.title for page in found.trail("sessions.rdp")] == ["Sessions", "RDP"]
    assert [item.relative for item in found.on_page("sessions.rdp")] == ["name", "port"]
    assert found.on_page("sessions") == found.children("nowhere") == found.trail("nowhere") == ()


@pytest.mark.parametrize(
    ("words", "paths"),
    [
        ("rotation", ["userinterface.display%.rotation"]),
        ("LISTENS server", ["sessions.rdp%.port"]),
        ("sessions port", ["sessions.rdp%.port"]),
        ("connection", ["sessions.rdp%.port"]),
        ("displays hyphens", ["network.dns.hostname"]),
        ("name", ["sessions.rdp%.name", "network.dns.hostname"]),
        ("", []),
        ("nothing like this", []),
    ],
)
def test_search(words: str, paths: list[str]) -> None:
    assert [item.path for item in parse_catalogue(CATALOGUE).search(words)] == paths


def test_search_puts_hits_in_the_label_first() -> None:
    data = catalogue()
    data["parameters"][2]["help"] = "Unlike the port of a session."
    data["parameters"].reverse()
    assert [item.label for item in parse_catalogue(data).search("port")] == ["Port", "Rotation"]


def _changed(section: str, number: int, **fields: Any) -> dict[str, Any]:
    data = catalogue()
    data[section][number].update(fields)
    return data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "must be an object"),
        (catalogue(format="ums-catalogue/2"), "ums-catalogue/1"),
        (catalogue(extra=1), "unknown field 'extra'"),
        (catalogue(name=" "), '"name" is missing'),
        (catalogue(version=1), '"version" must be a text'),
        (catalogue(pages=None), "pages must be a list"),
        (catalogue(pages=[{"id": "a", "title": "A"}] * 2), "must be unique"),
        (catalogue(pages=[{}] * 2001), "at most 2000"),
        (_changed("pages", 0, id="Not Allowed"), "small letters"),
        (_changed("pages", 0, parent="sessions.rdp"), "below itself"),
        (_changed("pages", 0, parent="gone"), "parent does not exist"),
        (_changed("pages", 0, parent=3), "must be the id of a page"),
        (_changed("classes", 0, path="sessions.rdp"), 'hold one "%"'),
        (_changed("classes", 0, path="a%.b%"), 'hold one "%"'),
        (_changed("classes", 0, kind="other"), '"free" or "fixed"'),
        (_changed("classes", 0, indices=[1]), "absent for a free one"),
        (_changed("classes", 0, name_parameter="title"), 'needs the parameter "sessions.rdp%.title"'),
        (_changed("classes", 1, indices=[]), "different numbers"),
        (_changed("classes", 1, indices=[1, 1]), "different numbers"),
        (_changed("classes", 1, indices=[True]), "different numbers"),
        (_changed("classes", 1, indices=[256]), "different numbers"),
        pytest.param(_changed("classes", 1, indices=[10**5000]), "different numbers", id="huge-index"),
        (catalogue(parameters=[{}] * 20001), "at most 20000"),
        (catalogue(parameters=[]), "has no parameter"),
        (_changed("parameters", 0, path="sessions..name"), '"path" must be'),
        (_changed("parameters", 0, path="sessions.ica%.name"), "one of the classes"),
        (_changed("parameters", 0, path="sessions.rdp%"), "one of the classes"),
        (_changed("parameters", 3, path="userinterface.display0.rotation"), "has the path of another"),
        (_changed("parameters", 3, path="sessions.rdp%.name"), "there twice"),
        (_changed("parameters", 0, page="gone"), '"page" must be'),
        (_changed("parameters", 0, type="text"), '"type" must be one of'),
        (_changed("parameters", 0, runtme=True), "unknown field 'runtme'"),
        (_changed("parameters", 0, secret=1), "must be true or false"),
        (_changed("parameters", 0, label=""), '"label" is missing'),
        (_changed("parameters", 0, label="x" * 201), "more than 200"),
        (_changed("parameters", 0, help="a\x00"), "control characters"),
        (_changed("parameters", 1, default=0), "Enter a whole number from 1 to 65535."),
        (_changed("parameters", 1, minimum="1"), "must be a number"),
        (_changed("parameters", 1, minimum=math.nan), "must be a number"),
        (_changed("parameters", 1, pattern="x"), '"pattern" is only for'),
        (_changed("parameters", 0, minimum=1), "only for the types"),
        (_changed("parameters", 0, choices=[["a", "b"]]), '"choices" are needed'),
        (_changed("parameters", 2, choices=[]), '"choices" are needed'),
        (_changed("parameters", 2, choices=[["0"]]), "must be a pair"),
        (_changed("parameters", 2, choices=[["0", "a"], ["0", "b"]]), "there twice"),
        (_changed("parameters", 2, default="45"), "Choose one of"),
        (_changed("parameters", 3, pattern="(a+)+b"), "must not repeat a group"),
        (_changed("parameters", 3, pattern="(?=a)b"), "must not repeat a group"),
        (_changed("parameters", 3, pattern="a*a*a*a*b"), "up to 3 repetitions"),
        (_changed("parameters", 3, pattern="a?" * 20), "up to 3 repetitions"),
        (_changed("parameters", 3, pattern="[a"), "not a valid regular expression"),
        (_changed("parameters", 3, pattern="a" * 201), "at most 200 characters"),
    ],
)
def test_parse_refuses(data: object, message: str) -> None:
    with pytest.raises(CatalogueError) as refused:
        parse_catalogue(data)
    assert message in str(refused.value)


def test_default_may_be_missing_nowhere() -> None:
    data = catalogue()
    del data["parameters"][0]["default"]
    with pytest.raises(CatalogueError, match='"default" is missing'):
        parse_catalogue(data)


def test_pages_have_a_greatest_depth() -> None:
    chain = [{"id": f"p{n}", "title": "P", "parent": f"p{n - 1}" if n else None} for n in range(9)]
    parse_catalogue(catalogue(pages=CATALOGUE["pages"] + chain[:8]))
    with pytest.raises(CatalogueError, match="levels deep"):
        parse_catalogue(catalogue(pages=CATALOGUE["pages"] + chain))


def test_fixed_instances_are_bounded_in_all() -> None:
    data = catalogue(classes=[{"path": "a%", "kind": "fixed", "label": "A", "indices": list(range(256))}])
    data["parameters"] = [
        {"path": f"a%.p{n}", "page": "displays", "type": "bool", "default": False, "label": "P"} for n in range(200)
    ]
    with pytest.raises(CatalogueError, match="more than 50000"):
        parse_catalogue(data)


@given(JSON)
def test_parse_raises_nothing_but_its_error_for_any_json(data: object) -> None:
    with pytest.raises(CatalogueError):
        parse_catalogue(data)


@given(st.data())
def test_parse_raises_nothing_but_its_error_for_a_damaged_catalogue(data: st.DataObject) -> None:
    damaged = deepcopy(CATALOGUE)
    section = data.draw(st.sampled_from(["pages", "classes", "parameters", None]))
    target = damaged if section is None else data.draw(st.sampled_from(damaged[section]))
    target[data.draw(st.sampled_from(sorted(target)) | st.text(max_size=8))] = data.draw(JSON)
    with contextlib.suppress(CatalogueError):
        parse_catalogue(damaged)


def test_a_pattern_that_is_allowed_is_cheap_on_the_longest_value() -> None:
    data = _changed("parameters", 3, pattern="a*a*a*b")
    hostname = parse_catalogue(data).parameters["network.dns.hostname"]
    start = time.process_time()
    with pytest.raises(ParameterError):
        hostname.clean("a" * 255)
    assert time.process_time() - start < 2


def test_settings_round_trip_through_json() -> None:
    serial = new_serial()
    data = {
        "values": {"userinterface.display0.rotation": "90", "network.dns.hostname": "pc-1"},
        "instances": {serial: {"class": "sessions.rdp%", "values": {"port": 3390}}},
    }
    cleaned = clean_settings(parse_catalogue(CATALOGUE), data)
    assert cleaned.instances[serial] == Instance("sessions.rdp%", {"port": 3390})
    assert settings_to_json(cleaned) == data
    assert settings_from_json(json.loads(json.dumps(settings_to_json(cleaned)))) == cleaned
    assert clean_settings(parse_catalogue(CATALOGUE), cleaned) == cleaned


SETTINGS = st.builds(
    Settings,
    st.dictionaries(st.text("abc.%0", min_size=1, max_size=9), VALUES, max_size=5),
    st.dictionaries(
        st.text("abc:-_.0", min_size=1, max_size=9),
        st.builds(
            Instance,
            st.text("abc%", min_size=1, max_size=9),
            st.dictionaries(st.text("abc", min_size=1, max_size=9), VALUES, max_size=4),
        ),
        max_size=3,
    ),
)


@given(SETTINGS)
def test_any_settings_round_trip_through_json(settings: Settings) -> None:
    assert settings_from_json(json.loads(json.dumps(settings_to_json(settings)))) == settings


@given(JSON | st.fixed_dictionaries({"values": JSON, "instances": JSON}))
def test_settings_raise_nothing_but_their_error_for_any_json(data: object) -> None:
    found = parse_catalogue(CATALOGUE)
    with contextlib.suppress(SettingsError):
        clean_settings(found, data)


def test_clean_settings_names_every_wrong_value() -> None:
    with pytest.raises(SettingsError) as refused:
        clean_settings(
            parse_catalogue(CATALOGUE),
            {
                "values": {
                    "userinterface.display0.rotation": "45",
                    "no.such": 1,
                    "sessions.rdp%.port": 1,
                    "network.dns.hostname": "pc-1",
                },
                "instances": {
                    "1": {"class": "sessions.rdp%", "values": {"port": 0, "nothing": True}},
                    "2": {"class": "userinterface.display%"},
                    "3": {"class": "unknown%"},
                },
            },
        )
    assert refused.value.errors == {
        "userinterface.display0.rotation": "Choose one of: None (0), Left (90).",
        "no.such": "Demo 1.0.0 has no such parameter.",
        "sessions.rdp%.port": 'Add an instance first, or name the number in place of "%".',
        "1:port": "Enter a whole number from 1 to 65535.",
        "1:nothing": "Demo 1.0.0 has no such parameter.",
        "2": '"userinterface.display%" is not a class of Demo to which instances can be added.',
        "3": '"unknown%" is not a class of Demo to which instances can be added.',
    }
    assert "no.such: Demo 1.0.0 has no such parameter." in str(refused.value)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (None, "settings"),
        ({"value": {}}, "settings"),
        ({"values": []}, "values"),
        ({"values": {"a": None}}, "a"),
        ({"values": {"a": math.nan}}, "a"),
        ({"values": {"a": 2**53}}, "a"),
        ({"values": {"a": "x\x00"}}, "a"),
        ({"values": {"a": [1]}}, "a"),
        ({"values": {"": 1}}, ""),
        ({"values": {"p" * 301: 1}}, "p" * 300),
        ({"instances": {"a b": {"class": "c%"}}}, "a b"),
        ({"instances": {"s" * 129: {"class": "c%"}}}, "s" * 128),
        ({"instances": {"1": {}}}, "1"),
        ({"instances": {"1": {"class": "c%", "x": 1}}}, "1"),
        ({"instances": {"1": {"class": "c%", "values": {"a": {}}}}}, "1:a"),
        ({"instances": {str(n): {"class": "c%"} for n in range(2001)}}, "instances"),
        ({"values": {str(n): 1 for n in range(50_001)}}, "values"),
        (
            {
                "values": {str(n): 1 for n in range(30_000)},
                "instances": {"1": {"class": "c%", "values": {str(n): 1 for n in range(30_000)}}},
            },
            "instances",
        ),
    ],
)
def test_settings_from_json_refuses(data: object, key: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings_from_json(data)
    assert list(refused.value.errors) == [key]


def test_settings_do_not_share_the_callers_dictionaries() -> None:
    data: dict[str, Any] = {"values": {"a": 1}}
    settings = settings_from_json(data)
    data["values"]["a"] = 2
    assert settings.values == {"a": 1}


def test_serials_of_older_firmware_are_taken() -> None:
    serial = "1478ddbb:16fa18a7001:-8000172.0.4.237"
    assert serial in settings_from_json({"instances": {serial: {"class": "sessions.rdp%"}}}).instances


def test_serials_are_unique() -> None:
    serials = {new_serial() for _ in range(1000)}
    assert len(serials) == 1000
    assert all(serial.isalnum() for serial in serials)


def test_a_whole_firmware_is_read_searched_and_cleaned_in_time() -> None:
    data = catalogue(classes=[])
    data["parameters"] = [
        {
            "path": f"system.part{n // 50}.value{n}",
            "page": "displays",
            "type": "integer",
            "default": 1,
            "maximum": 99,
            "label": f"Value {n}",
            "help": "As long as such a text is in a real firmware, which is about one hundred characters or so.",
        }
        for n in range(6_400)
    ]

    def best(call: Any) -> float:
        times = []
        for _ in range(3):
            start = time.process_time()
            call()
            times.append(time.process_time() - start)
        return min(times)

    found = parse_catalogue(data)
    assert best(lambda: parse_catalogue(data)) < 1
    assert best(lambda: found.search("real firmware")) < 0.03
    assert best(lambda: clean_settings(found, {"values": dict(found.defaults)})) < 0.2
    assert len(found.search("value 639")) == 16
