"""Licence files are read whole or refused with a sentence that names the licence."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ums.domain.licence_files import MAX_FILE, MAX_LICENCES, LicenceFileError, LicenceLine, licences_in
from ums.domain.licences import LicenceKind

LINE: dict[str, Any] = {"number": "EMP-1", "kind": "emp", "quantity": 25, "expires": "2027-12-31"}


def file_of(*lines: dict[str, Any]) -> bytes:
    return json.dumps({"format": "ums-licences/1", "licences": lines}).encode()


def test_json() -> None:
    found = licences_in(file_of({**LINE, "devices": ["A1", "B2", "A1"], "comment": "Ward"}, {**LINE, "number": "2"}))
    end = datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert found[0] == LicenceLine("EMP-1", LicenceKind.EMP, 25, end, False, "Ward", ("A1", "B2"))
    assert found[1].number == "2"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_as_spreadsheets_write_it(separator: str) -> None:
    text = "\ufeffNumber,Kind,Quantity,Expires,Test,Devices\r\nS-1,swp,2,,no,A1 B2\r\nE-1,emp,1,2027-12-31,yes,\r\n"
    found = licences_in(text.replace(",", separator).encode())
    assert [(one.number, one.kind, one.devices, one.test) for one in found] == [
        ("S-1", LicenceKind.SWP, ("A1", "B2"), False),
        ("E-1", LicenceKind.EMP, (), True),
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"number": ""}, "its number"),
        ({"number": "<b>"}, "its number"),
        ({"kind": "trial"}, "its kind is one of emp, swp, ha"),
        ({"kind": ["emp"]}, "its kind"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": True}, "quantity"),
        ({"quantity": "1e9"}, "quantity"),
        ({"quantity": 10**30}, "quantity"),
        ({"expires": ""}, "needs the day"),
        ({"expires": "tomorrow"}, "a day like"),
        ({"expires": "9999-99-99"}, "a day like"),
        ({"kind": "swp"}, "is perpetual"),
        ({"test": "perhaps"}, "yes or no"),
        ({"devices": ["a b"]}, "no unit ID"),
        ({"devices": [1]}, "list of unit IDs"),
        ({"quantity": 1, "devices": ["A", "B"]}, "names 2"),
        ({"kind": "ha", "expires": "", "devices": ["A"]}, "given to no device"),
        ({"comment": "x" * 256}, "comment"),
        ({"colour": "red"}, "no “colour”"),
    ],
)
def test_what_cannot_be_is_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(LicenceFileError, match=words):
        licences_in(file_of({**LINE, **change}))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no licence in this file"),
        (b"\xff\xfe", "UTF-8"),
        (b"{", "none"),
        (b"[" * 100_000, "none"),
        (b"[]", "no licence file"),
        (b'{"format": "ums-licences/1", "licences": [1]}', "an object"),
        (b"a,b\n1,2\n", "names its columns"),
        (b'number,kind,quantity\n"x', "as CSV"),
        (b"x" * (MAX_FILE + 1), "MB at most"),
        (file_of(LINE, LINE), "2 times"),
        (file_of(*[LINE] * (MAX_LICENCES + 1)), "licences at most"),
    ],
)
def test_what_is_no_licence_file_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(LicenceFileError, match=words):
        licences_in(data)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_anything_is_read_or_refused(data: bytes) -> None:
    try:
        licences_in(data)
    except LicenceFileError:
        pass
