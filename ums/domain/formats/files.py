"""Files of exported profiles whatever their format: told apart by their content, not by their name."""

from __future__ import annotations

from enum import StrEnum

from ums.domain.formats.archive import Archive
from ums.domain.formats.exchange import MAX_FILE, Exchange, ExchangeError
from ums.domain.formats.ipm import read_ipm, write_ipm
from ums.domain.formats.os11_xml import read_xml, write_xml
from ums.domain.formats.text import read_bundle, read_profile, write_bundle, write_profile


class Format(StrEnum):
    """The formats that can be read and written."""

    IPM = "ipm"
    XML = "xml"
    TOML = "toml"


_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_MARK = b"\xef\xbb\xbf"


def read_file(data: bytes) -> tuple[Format, Exchange]:
    """What is in a file. Raises ExchangeError, and nothing else, for any bytes."""
    if len(data) > MAX_FILE:
        raise ExchangeError(f"The file is larger than {MAX_FILE // 2**20} MB.")
    if data.startswith(_ZIP):
        names = Archive(data).names
        if names and all(name.endswith(".toml") for name in names):
            return Format.TOML, read_bundle(Archive(data))
        return Format.IPM, read_ipm(data)
    text = data.removeprefix(_MARK).lstrip()
    if not text:
        raise ExchangeError("The file is empty.")
    if text.startswith(b"<"):
        return Format.XML, read_xml(data)
    return Format.TOML, Exchange((read_profile(data.removeprefix(_MARK)),))


def write_file(kind: Format, exchange: Exchange) -> tuple[bytes, str]:
    """The file and the ending of its name. Raises ExchangeError for what the format cannot carry."""
    if kind is Format.IPM:
        return write_ipm(exchange), ".ipm"
    if kind is Format.XML:
        return write_xml(exchange), ".xml"
    if len(exchange.profiles) == 1:
        return write_profile(exchange.profiles[0]), ".toml"
    return write_bundle(exchange), ".zip"
