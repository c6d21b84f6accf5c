"""Licence files: what stands in them, checked (docs/licences.md). JSON, or CSV as spreadsheet programs write it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from ums.domain.licences import FACTS, LicenceKind

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = "ums-licences/1"

MAX_FILE = 4 * 1024 * 1024
"""Bytes."""

MAX_LICENCES = 5_000
MAX_DEVICES = 100_000
"""Unit IDs in one file."""

MAX_QUANTITY = 1_000_000
COLUMNS = ("number", "kind", "quantity", "expires", "test", "comment", "devices")

_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
_UNIT_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
_YES, _NO = {"1", "yes", "true"}, {"", "0", "no", "false"}


class LicenceFileError(ValueError):
    """The file is not a licence file, or one of its licences cannot be; the text says which and why."""


@dataclass(frozen=True, slots=True)
class LicenceLine:
    """One licence of a file. devices: unit IDs that it is given to at once."""

    number: str
    kind: LicenceKind
    quantity: int
    expires_at: datetime | None = None
    test: bool = False
    comment: str = ""
    devices: tuple[str, ...] = ()


def licences_in(data: bytes) -> list[LicenceLine]:
    """The licences of a file, in order. Raises LicenceFileError."""
    if len(data) > MAX_FILE:
        raise LicenceFileError(f"A licence file has {MAX_FILE // 2**20} MB at most.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise LicenceFileError("This is no text in UTF-8, so no licence file.") from None
    rows = _json_rows(text) if text.lstrip()[:1] in ("{", "[") else _csv_rows(text)
    if not rows:
        raise LicenceFileError("There is no licence in this file.")
    if len(rows) > MAX_LICENCES:
        raise LicenceFileError(f"A file has {MAX_LICENCES:,} licences at most; this one has {len(rows):,}.")
    lines = [_line(row, number) for number, row in enumerate(rows, 1)]
    number, times = Counter(line.number for line in lines).most_common(1)[0]
    if times > 1:
        raise LicenceFileError(f"Licence {number} is in this file {times} times.")
    if sum(len(line.devices) for line in lines) > MAX_DEVICES:
        raise LicenceFileError(f"A file names {MAX_DEVICES:,} devices at most.")
    return lines


def _json_rows(text: str) -> list[Mapping[str, Any]]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise LicenceFileError("This begins like JSON, but is none.") from None
    if (
        not isinstance(content, dict)
        or content.get("format") != FORMAT
        or not isinstance(content.get("licences"), list)
    ):
        raise LicenceFileError(f"This is no licence file: it needs “format”: “{FORMAT}” and a list “licences”.")
    if not all(isinstance(row, dict) for row in content["licences"]):
        raise LicenceFileError("Each of “licences” is an object with number, kind, quantity and expires.")
    return list(content["licences"])


def _csv_rows(text: str) -> list[Mapping[str, Any]]:
    first = text.partition("\n")[0]
    try:
        rows = list(csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=first.count), strict=True))
    except csv.Error as error:
        raise LicenceFileError(f"This cannot be read as CSV: {error}.") from None
    head = {str(name).strip().lower() for name in (rows[0] if rows else {})}
    if rows and not {"number", "kind", "quantity"} <= head:
        raise LicenceFileError("The first line of a CSV file names its columns: number, kind, quantity, expires …")
    return [
        {str(name).strip().lower(): (value or "").strip() for name, value in row.items() if isinstance(value, str)}
        for row in rows
    ]


def _line(row: Mapping[str, Any], place: int) -> LicenceLine:
    where = f"Licence {place} of the file"
    if unknown := [str(name) for name in row if name not in COLUMNS]:
        raise LicenceFileError(f"{where}: there is no “{unknown[0][:40]}”. There are {', '.join(COLUMNS)}.")
    number = str(row.get("number", ""))
    if not _NUMBER.fullmatch(number):
        raise LicenceFileError(f"{where}: its number has up to 64 letters, digits and . _ : / -.")
    where = f"Licence {number}"
    kind = _kind(row.get("kind"), where)
    test, expires_at = _flag(row.get("test", ""), where), _moment(row.get("expires"), where)
    if FACTS[kind].expires and expires_at is None:
        raise LicenceFileError(f"{where}: a subscription needs the day on which it expires.")
    if not FACTS[kind].expires and expires_at is not None and not test:
        raise LicenceFileError(f"{where}: this kind is perpetual; only a test licence of it expires.")
    devices = _devices(row.get("devices", ()), where)
    quantity = _quantity(row.get("quantity"), where)
    if devices and not FACTS[kind].per_device:
        raise LicenceFileError(f"{where}: this kind counts for the network and is given to no device.")
    if len(devices) > quantity:
        raise LicenceFileError(f"{where}: it is for {quantity:,} devices and names {len(devices):,}.")
    comment = row.get("comment", "") or ""
    if not isinstance(comment, str) or len(comment) > 255 or "\0" in comment:
        raise LicenceFileError(f"{where}: its comment is a text of up to 255 characters.")
    return LicenceLine(number, kind, quantity, expires_at, test, comment, devices)


def _kind(value: Any, where: str) -> LicenceKind:
    importable = [kind for kind in LicenceKind if kind is not LicenceKind.TRIAL]
    found = next((kind for kind in importable if kind.value == value), None)
    if found is None:
        raise LicenceFileError(f"{where}: its kind is one of {', '.join(importable)}.")
    return found


def _quantity(value: Any, where: str) -> int:
    text = str(value) if not isinstance(value, bool) else ""
    if not re.fullmatch(r"[0-9]{1,7}", text) or not 1 <= int(text) <= MAX_QUANTITY:
        raise LicenceFileError(f"{where}: its quantity is a number from 1 to {MAX_QUANTITY:,}.")
    return int(text)


def _flag(value: Any, where: str) -> bool:
    text = str(value).lower()
    if text not in _YES | _NO:
        raise LicenceFileError(f"{where}: “test” is yes or no.")
    return text in _YES


def _moment(value: Any, where: str) -> datetime | None:
    """A day counts to its end, in UTC."""
    if value in (None, ""):
        return None
    try:
        text = str(value)
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), time(23, 59, 59), UTC)
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise LicenceFileError(f"{where}: it expires on a day like 2027-12-31.") from None


def _devices(value: Any, where: str) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split()
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise LicenceFileError(f"{where}: its devices are a list of unit IDs.")
    if wrong := next((one for one in value if not _UNIT_ID.fullmatch(one)), ""):
        raise LicenceFileError(f"{where}: “{wrong[:64]}” is no unit ID.")
    return tuple(dict.fromkeys(value))
