"""Settings: values and instances, in JSON and checked against a catalogue."""

import contextlib
import json
import math
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.parameters import CATALOGUE, JSON, VALUES, catalogue
from ums.domain.parameters import (
    Instance,
    Settings,
    SettingsError,
    clean_settings,
    new_serial,
    parse_catalogue,
    settings_from_json,
    settings_to_json,
)


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
