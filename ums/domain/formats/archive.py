"""ZIP files of strangers: every size, name and count is checked before and while something is read."""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from io import BytesIO
from typing import TYPE_CHECKING

from ums.domain.formats.exchange import MAX_FILE, ExchangeError

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_ENTRIES = 10_000
MAX_TOTAL = 128 * 2**20
"""Bytes that all entries of a file may come to when they are unpacked."""
MAX_RATIO = 200
"""How many times larger an entry may get by unpacking, beyond the first megabyte."""
MAX_NAME = 400
MAX_DEPTH = 12

_FREE = 2**20
_CHUNK = 2**18
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_NESTED = (".zip", ".ipm", ".jar", ".7z", ".rar", ".tar", ".gz", ".bz2", ".xz", ".zst")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    LookupError,
)
_DIRECTORY_ENTRY = b"PK\x01\x02"
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f]|^[A-Za-z]:")
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""All entries get this time, so that the same content makes the same file."""


class Archive:
    """The entries of a ZIP file. Raises ExchangeError for everything that does not belong into one of ours."""

    def __init__(self, data: bytes) -> None:
        if len(data) > MAX_FILE:
            raise ExchangeError(f"The file is larger than {MAX_FILE // 2**20} MB.")
        # Counted before the list of entries is built: each needs memory.
        if data.count(_DIRECTORY_ENTRY) > MAX_ENTRIES:
            raise ExchangeError(f"The file has more than {MAX_ENTRIES:,} entries.")
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
        except Exception as error:  # the list of entries of a broken file fails in many ways
            raise ExchangeError(f"This is not a ZIP file, or it is cut off: {error}") from None
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            _check(info)
            if info.filename in self._entries:
                raise ExchangeError(f"The entry “{info.filename[:100]}” is there twice.")
            if not info.is_dir():
                self._entries[info.filename] = info
        self._left = MAX_TOTAL

    @property
    def names(self) -> list[str]:
        """Of all files inside, in the order of the archive."""
        return list(self._entries)

    def read(self, name: str, limit: int) -> bytes:
        """The content of an entry of at most `limit` bytes. What the archive says about sizes is not believed."""
        info = self._entries[name]
        parts: list[bytes] = []
        size = 0
        try:
            with self._zip.open(info) as file:
                while part := file.read(_CHUNK):
                    parts.append(part)
                    size += len(part)
                    self._left -= len(part)
                    if size > limit or self._left < 0 or size > max(_FREE, info.compress_size * MAX_RATIO):
                        raise ExchangeError(f"“{name}” is larger than such a file can be. Nothing was unpacked.")
        except _BROKEN as error:
            if isinstance(error, ExchangeError):
                raise
            raise ExchangeError(f"“{name}” is damaged: {error}") from None
        return b"".join(parts)


def write_archive(entries: Iterable[tuple[str, bytes]]) -> bytes:
    """A ZIP file with these entries; the same ones make the same bytes."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, content)
    return target.getvalue()


def file_name(name: str, taken: set[str], suffix: str) -> str:
    """A name for an entry or a file that no system stumbles over, different from all in `taken`, and added to it."""
    plain = "".join("_" if sign in '/\\:*?"<>|' or not sign.isprintable() else sign for sign in name)
    plain = plain.strip(" .")[:100].strip(" .") or "profile"
    if plain.lower().endswith(_NESTED):
        plain = f"{plain}_"
    found, number = f"{plain}{suffix}", 1
    while found.casefold() in taken:
        number += 1
        found = f"{plain} ({number}){suffix}"
    taken.add(found.casefold())
    return found


def _check(info: zipfile.ZipInfo) -> None:
    name = info.filename
    shown = name[:100]
    parts = name.rstrip("/").split("/")
    if info.orig_filename != name or "\\" in name or _FORBIDDEN.search(name):
        raise ExchangeError(f"The entry “{shown.encode('ascii', 'replace').decode()}” has a name that is not allowed.")
    if not {"", ".", ".."}.isdisjoint(parts):
        raise ExchangeError(f"The entry “{shown}” points out of the archive.")
    if len(name) > MAX_NAME or len(parts) > MAX_DEPTH:
        raise ExchangeError(f"The name of the entry “{shown}” is too long.")
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ExchangeError(f"The entry “{shown}” is a link or a device, not a file.")
    if info.flag_bits & 0x1:
        raise ExchangeError(f"The entry “{shown}” is encrypted.")
    if info.compress_type not in _METHODS:
        raise ExchangeError(f"The entry “{shown}” is packed in a way that is not supported.")
    if name.lower().endswith(_NESTED):
        raise ExchangeError(f"The entry “{shown}” is an archive inside the archive.")
    if info.file_size > max(_FREE, info.compress_size * MAX_RATIO):
        raise ExchangeError(f"“{shown}” is larger than such a file can be. Nothing was unpacked.")
