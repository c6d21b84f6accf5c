"""Parameters: which values they take, and what they say of others."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.parameters import JSON, VALUES, parameter
from ums.domain.parameters import (
    Parameter,
    ParameterError,
)

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
