"""Exported profiles in their three formats: nothing harmful gets in."""

from __future__ import annotations

import io
import json
import stat
import struct
import zipfile
import zlib
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.exchanged import IPM, TEXT, XML, ipm, packed, refused
from ums.domain.formats.archive import Archive
from ums.domain.formats.exchange import ExchangeError
from ums.domain.formats.files import read_file
from ums.domain.formats.ipm import read_ipm
from ums.domain.formats.os11_xml import read_xml
from ums.domain.formats.templates import (
    read_templates,
)
from ums.domain.formats.text import (
    read_assignments,
    read_profile,
    write_profile,
)


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
