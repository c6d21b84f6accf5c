"""Expressions with template keys: what is well formed, what they come to, and what keys are (docs/template-keys.md)."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ums.domain.parameters import (
    Adapter,
    Expression,
    KeyTypeName,
    Parameter,
    ParameterError,
    ParameterType,
    UnsetKey,
    Value,
    check_expression,
    clean_key_name,
    clean_key_value,
    evaluate,
    static_keys,
)

KEYS: dict[str, Value] = {
    "SITE": "HB", "LOUD": True, "FLOOR": 3, "RATIO": 2.0, "MAC": "00:e0:c5:00:00:01", "EMPTY": "", "Ward-2_b": "w",
}  # fmt: skip


def parameter(kind: ParameterType = "string", **options: Any) -> Parameter:
    """A parameter of one type."""
    return Parameter("x", kind, "", "X", "", "page", **options)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("Br ${SITE}", "string", "Br HB"),
        ("${SITE}${SITE}-${FLOOR}", "string", "HBHB-3"),
        ("${Ward-2_b}", "string", "w"),
        ("loud: ${LOUD}", "string", "loud: true"),
        ("${LOUD}", "bool", True),
        ("${LOUD}", "string", "true"),
        ("${FLOOR}", "integer", 3),
        ("1${FLOOR}", "integer", 13),
        ("${FLOOR}", "string", "3"),
        ("${RATIO}", "integer", 2),
        ("${RATIO}", "float", 2.0),
        ("${RATIO}", "string", "2.0"),
        ("${EMPTY}.", "string", "."),
        ("10.0.${FLOOR}.1", "ip", "10.0.3.1"),
        ("${§MAC}", "string", "00:e0:c5:00:00:01"),
        ("${MAC}", "string", "00:e0:c5:00:00:01"),
        ("$${SITE} is ${SITE}", "string", "${SITE} is HB"),
        ("$$${SITE}", "string", "$${SITE}"),
        ("5 $ for ${SITE}", "string", "5 $ for HB"),
        ("${SITE} {x} }", "string", "HB {x} }"),
    ],
)
def test_comes_to(text: str, kind: ParameterType, expected: Value) -> None:
    value = evaluate(parameter(kind), Expression(text), KEYS)
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("text", "kind", "part"),
    [
        ("${NONE}", "string", "template key NONE has no value"),
        ("a ${SITE} b ${NONE}", "string", "template key NONE has no value"),
        ("${SITE}", "integer", "whole number"),
        ("x${FLOOR}", "ip", "IP address"),
        ("${SITE}", "bool", "on (true) or off (false)"),
    ],
)
def test_comes_to_nothing(text: str, kind: ParameterType, part: str) -> None:
    with pytest.raises(ParameterError) as refused:
        evaluate(parameter(kind), Expression(text), KEYS)
    assert part in str(refused.value)


def test_a_result_that_is_too_long_is_refused() -> None:
    with pytest.raises(ParameterError, match="more than 4096"):
        evaluate(parameter("multiline"), Expression("${A}" * 20), {"A": "x" * 4000})


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "Name at least one key"),
        ("plain", "Name at least one key"),
        ("$${SITE}", "Name at least one key"),
        ("a ${SITE", "Close the key at character 3"),
        ("${}", "is not a key"),
        ("${SITE NAME}", "is not a key"),
        ("${1SITE}", "is not a key"),
        ("${SI${TE}}", "Close the key at character 1"),
        ("${§SITE}", "not a static key"),
        ("${SITE}" * 21, "20 keys at most"),
        ("a\n${SITE}", "on one line"),
        ("${SITE}" + "x" * 5000, "at most 4096"),
    ],
)
def test_not_well_formed(text: str, part: str) -> None:
    with pytest.raises(ParameterError) as refused:
        check_expression(Expression(text))
    assert part in str(refused.value)


def test_keys_are_named_once_in_order_of_the_text() -> None:
    assert Expression("${B} ${§MAC} $${C} ${A} ${B}").keys == ("B", "MAC", "A")


TEXTS = st.lists(
    st.sampled_from(["${", "$${", "}", "§", "$", "SITE", "NONE", "MAC", "${SITE}", "${NONE}", "${§MAC}", " "])
    | st.text(max_size=4),
    max_size=12,
).map("".join)
VALUES = st.booleans() | st.integers() | st.floats() | st.text(max_size=20)


@given(
    text=TEXTS,
    kind=st.sampled_from(get_args(ParameterType)),
    keys=st.dictionaries(st.sampled_from(["SITE", "MAC", "X"]), VALUES),
)
@example(text="${}", kind="string", keys={})
@example(text="${SITE}", kind="integer", keys={"SITE": float("nan")})
def test_nothing_but_parameter_errors(text: str, kind: ParameterType, keys: dict[str, Value]) -> None:
    one = parameter(kind, choices=(("a", "A"),))
    try:
        value = evaluate(one, Expression(text), keys)
    except ParameterError:
        return
    assert one.clean(value) == value


@given(TEXTS)
def test_what_is_well_formed_names_keys_and_needs_no_others(text: str) -> None:
    expression = Expression(text)
    try:
        assert check_expression(expression) == expression
    except ParameterError:
        return
    assert 0 < len(expression.keys) <= 20
    for name in expression.keys:
        assert name == "MAC" or clean_key_name(name) == name
    assert isinstance(evaluate(parameter(), expression, dict.fromkeys(expression.keys, "v")), str)
    for name in expression.keys:
        with pytest.raises(UnsetKey, match=name):
            evaluate(parameter(), expression, {key: "v" for key in expression.keys if key != name})


@given(st.text(max_size=30).filter(str.isprintable))
def test_any_text_can_be_said_beside_a_key(text: str) -> None:
    expression = Expression(text.replace("${", "$${") + "|${SITE}")
    if text.endswith("$") or "$$" in text:  # a dollar before "${" would be its escape
        return
    assert evaluate(parameter(), check_expression(expression), {"SITE": "HB"}) == f"{text}|HB"


@pytest.mark.parametrize("name", ["", "1a", "a b", "a" * 65, "Ä", "mac", "HOSTNAME", "a.b"])
def test_names_that_no_key_may_have(name: str) -> None:
    with pytest.raises(ParameterError):
        clean_key_name(name)


@pytest.mark.parametrize(
    ("kind", "raw", "expected"),
    [
        ("string", " Ward 3", " Ward 3"),
        ("string", 7, "7"),
        ("checkbox", "on", True),
        ("checkbox", False, False),
        ("integer", "12", 12),
        ("integer", 2**53 - 1, 2**53 - 1),
        ("float", "0.5", 0.5),
        ("float", 3, 3.0),
    ],
)
def test_values_of_keys(kind: KeyTypeName, raw: object, expected: Value) -> None:
    value = clean_key_value(kind, raw)
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("string", ""), ("string", None), ("string", "a\nb"), ("string", True), ("checkbox", "maybe"), ("checkbox", 2),
        ("integer", "1.5"), ("integer", True), ("integer", 2**53), ("float", "x"), ("float", "inf"), ("float", 1e300),
    ],
)  # fmt: skip
def test_values_that_a_key_refuses(kind: KeyTypeName, raw: object) -> None:
    with pytest.raises(ParameterError):
        clean_key_value(kind, raw)


@given(kind=st.sampled_from(get_args(KeyTypeName)), raw=VALUES | st.none() | st.lists(st.none()))
def test_a_clean_value_stays_as_it_is(kind: KeyTypeName, raw: object) -> None:
    try:
        value = clean_key_value(kind, raw)
    except ParameterError:
        return
    again = clean_key_value(kind, value)
    assert (again, type(again)) == (value, type(value))


def of_device(**changes: Any) -> dict[str, Value]:
    """The static keys of a device that has everything."""
    facts: dict[str, Any] = {
        "name": "TC-7", "unit_id": "00E0C5", "serial_number": "S1", "network_name": "tc7", "ip_address": "192.0.2.7",
        "adapters": [Adapter("aa", ["10.0.0.1/8"]), Adapter("", []), Adapter("bb", ["192.0.2.7/24"])],
    }  # fmt: skip
    return static_keys(**{**facts, **changes})


def test_static_keys() -> None:
    assert of_device() == {
        "MAC": "bb", "HOSTNAME": "tc7", "UNITID": "00E0C5", "SERIALNUMBER": "S1", "DEVICENAME": "TC-7",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "mac"),
    [
        ({"ip_address": "10.0.0.1"}, "aa"),
        ({"ip_address": "203.0.113.9"}, "aa"),
        ({"ip_address": ""}, "aa"),
        ({"adapters": [Adapter("", ["192.0.2.7"]), Adapter("cc", [])]}, "cc"),
        ({"adapters": [Adapter("cc", []), Adapter("dd", ["192.0.2.7"])]}, "dd"),
        ({"adapters": []}, None),
    ],
)
def test_mac_is_that_of_the_connected_adapter(changes: dict[str, Any], mac: str | None) -> None:
    assert of_device(**changes).get("MAC") == mac


def test_what_a_device_did_not_report_is_no_key() -> None:
    assert "SERIALNUMBER" not in of_device(serial_number="")
