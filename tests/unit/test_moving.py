"""Settings that move to another catalogue."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ums.domain.parameters import Catalogue, Instance, Settings, flat, move_settings, parse_catalogue


def catalogue(*parameters: dict[str, Any], classes: tuple[str, ...] = ("s%",)) -> Catalogue:
    members = [{"path": f"{cls}.name", "type": "string", "default": ""} for cls in classes]
    return parse_catalogue(
        {
            "format": "ums-catalogue/1",
            "name": "X",
            "version": "1",
            "os": "x",
            "pages": [{"id": "p", "title": "P", "parent": None}],
            "classes": [{"path": cls, "kind": "free", "label": "S"} for cls in classes],
            "parameters": [{"page": "p", "label": "L", **one} for one in (*members, *parameters)],
        }
    )


def one(path: str, kind: str = "string", default: Any = "", **more: Any) -> dict[str, Any]:
    return {"path": path, "type": kind, "default": default, **more}


OLD = catalogue(one("a"), one("n", "string"), one("pin", secret=True), one("s%.key", secret=True), one("s%.port"))
NEW = catalogue(one("a"), one("n", "integer", 1, minimum=1), one("pin"), one("s%.port", "integer", 1))


def test_what_fits_what_is_kept_and_what_is_left_out() -> None:
    settings = Settings(
        {"a": "1", "n": "7", "pin": "1234", "gone": "x"},
        {"1": Instance("s%", {"name": "One", "key": "k", "port": "80", "old": 1}), "2": Instance("t%", {"q": 1})},
    )
    moved = move_settings(OLD, NEW, settings)
    assert moved.settings == Settings(
        {"a": "1", "n": 7, "gone": "x"},
        {"1": Instance("s%", {"name": "One", "port": 80, "old": 1}), "2": Instance("t%", {"q": 1})},
    )
    assert moved.changed == {"n": ("7", 7), "1:port": ("80", 80)}
    assert moved.kept == {"gone", "1:old", "2"}
    assert "readable" in moved.refused["pin"] and "nothing is known" in moved.refused["1:key"]
    assert moved.fits == 4


def test_a_value_that_is_refused_there_is_left_out_with_the_reason() -> None:
    moved = move_settings(OLD, NEW, Settings({"n": "none", "a": "1"}))
    assert flat(moved.settings) == {"a": "1"}
    assert moved.refused == {"n": "Enter a whole number of 1 or more."}


VALUES = st.dictionaries(
    st.sampled_from(["a", "n", "pin", "gone", "x.y"]), st.booleans() | st.integers(-5, 5) | st.text(max_size=5)
)
INSTANCES = st.dictionaries(
    st.sampled_from(["1", "2"]),
    st.builds(
        Instance,
        st.sampled_from(["s%", "t%"]),
        st.dictionaries(st.sampled_from(["name", "key", "port"]), st.text(max_size=3)),
    ),
)


@given(st.builds(Settings, VALUES, INSTANCES))
def test_nothing_is_lost_without_being_told(settings: Settings) -> None:
    moved = move_settings(OLD, NEW, settings)
    told = set(flat(moved.settings)) | set(moved.refused)
    whole = {serial for serial in settings.instances if serial in moved.refused}
    assert {key for key in flat(settings) if key.rpartition(":")[0] not in whole} <= told
    again = move_settings(NEW, NEW, moved.settings)
    assert again.settings == moved.settings and not again.refused, "what has moved is clean there"
