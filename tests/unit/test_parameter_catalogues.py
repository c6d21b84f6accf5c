"""Catalogues: what is read of them, what is refused, searching in them."""

import contextlib
import math
import time
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.parameters import CATALOGUE, JSON, catalogue
from ums.domain.parameters import (
    CatalogueError,
    ParameterError,
    parse_catalogue,
)


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
