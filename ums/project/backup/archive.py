"""The file that `ums backup` writes: a tar archive with its manifest first, encrypted when it has a passphrase.

Reading believes nothing: a part has to be a plain file with a name from a short list, at its place in the manifest, of
the size and SHA-256 that the manifest has. Nothing is extracted by tar itself.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from ums.core.errors import AppError
from ums.project.backup.sealed import MAGIC, Sealing, Unsealing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Told = Callable[[int], None]
    """Gets the number of bytes that were read or written since it was called last."""

T = TypeVar("T")

FORMAT = 1
"""Raised when older programs could not read what a newer one writes."""

MANIFEST = "manifest.json"
MAX_MANIFEST = 256 * 1024 * 1024
PIECE = 1024 * 1024

NAMES = re.compile(
    r"database\.(dump|sqlite3)|secret\.key|node\.(toml|id)|datasources\.toml|tls/(ca\.pem|server\.(pem|key))"
    r"|files/(?P<start>[0-9a-f]{2})/(?P=start)[0-9a-f]{62}",
    re.ASCII,
)
"""What may be in a backup."""


class Part(msgspec.Struct, frozen=True):
    """A file of the archive."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup is of. `migrations`: “app.name” of all that the database had. `absent`: SHA-256 of contents that
    this host did not have when it was made."""

    format: int
    version: str
    made: datetime
    host: str
    network: str
    database: str
    migrations: tuple[str, ...]
    parts: tuple[Part, ...]
    absent: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(part.size for part in self.parts)


def part_of(root: Path, name: str) -> Part:
    """A file below `root` as a part. Raises OSError."""
    with (root / name).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return Part(name, file.tell(), digest.hexdigest())


def write(file: IO[bytes], manifest: Manifest, root: Path, *, passphrase: str, told: Told) -> None:
    """Write the archive of the parts, which lie below `root`. Raises OSError, AppError when one has changed."""
    sealing = Sealing(cast("Any", file), passphrase) if passphrase else None
    with tarfile.open(fileobj=cast("Any", sealing or file), mode="w|", format=tarfile.GNU_FORMAT) as tar:
        text = msgspec.json.encode(manifest)
        tar.addfile(_member(MANIFEST, len(text), manifest.made), io.BytesIO(text))
        for part in manifest.parts:
            with (root / part.name).open("rb") as content:
                hashed = _Hashed(content, told)
                tar.addfile(_member(part.name, part.size, manifest.made), cast("Any", hashed))
            if hashed.sha256 != part.sha256:
                raise AppError("backup_changed", f"{part.name} has changed while it was saved.")
    if sealing:
        sealing.finish()


class Reader:
    """An archive whose manifest has been read."""

    def __init__(self, tar: tarfile.TarFile, source: IO[bytes]) -> None:
        self._tar, self._source = tar, source
        self.manifest = self._manifest()

    def parts(self, root: Path | None, told: Told) -> None:
        """Read and check all parts; with `root`, write them below it. Raises AppError `backup_damaged`, OSError."""
        for part in self.manifest.parts:
            content = self._member(part.name, part.size)
            path = root / part.name if root else Path(os.devnull)
            if root:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            hashed = _Hashed(content, told)
            with open(path, "wb", opener=_private) as file:
                while piece := _whole(hashed.read, PIECE):
                    file.write(piece)
                if root:
                    os.fsync(file.fileno())
            if hashed.sha256 != part.sha256:
                raise _damaged(f"{part.name} was changed")
        if _whole(self._tar.next) is not None:
            raise _damaged("it holds more than its manifest names")
        while piece := self._source.read(PIECE):
            if piece.strip(b"\0"):
                raise _damaged("something follows its end")

    def _manifest(self) -> Manifest:
        text = _whole(self._member(MANIFEST, None).read)
        try:
            head = msgspec.json.decode(text, type=_Format)
            if head.format > FORMAT:
                raise AppError("backup_newer", "The backup was made by a newer version of UMS. Restore it with that.")
            manifest = msgspec.json.decode(text, type=Manifest)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise _damaged("its manifest cannot be read") from None
        names = [part.name for part in manifest.parts]
        if len(set(names)) != len(names) or f"database.{_ending(manifest)}" not in names or "secret.key" not in names:
            raise _damaged("its manifest is not whole")
        for part in manifest.parts:
            if not NAMES.fullmatch(part.name) or part.size < 0:
                raise _damaged(f"it holds what is not part of a backup: {part.name[:100]!r}")
            if part.name.startswith("files/") and not part.name.endswith(part.sha256):
                raise _damaged(f"{part.name} is not what its name says")
        return manifest

    def _member(self, name: str, size: int | None) -> IO[bytes]:
        member = _whole(self._tar.next)
        if member is None:
            raise _damaged("it is cut off")
        if member.name != name or member.type not in {tarfile.REGTYPE, tarfile.AREGTYPE}:
            raise _damaged(f"it holds what its manifest does not name: {member.name[:100]!r}")
        if member.size != size and (size is not None or member.size > MAX_MANIFEST):
            raise _damaged(f"{name} has another size")
        content = self._tar.extractfile(member)
        assert content is not None
        return content


class _Format(msgspec.Struct, frozen=True):
    format: int


@contextmanager
def opened(path: Path, passphrase: str) -> Iterator[Reader]:
    """Read an archive. Raises AppError `backup_damaged`, `backup_passphrase`, `backup_newer`, OSError."""
    with path.open("rb") as file:
        protected = file.read(len(MAGIC)) == MAGIC
        file.seek(0)
        source: Any = Unsealing(file, passphrase) if protected else file
        with ExitStack() as stack:
            try:
                tar = stack.enter_context(tarfile.open(fileobj=source, mode="r|"))
            except tarfile.TarError:
                raise _damaged("it is no backup of UMS, or only its beginning") from None
            yield Reader(tar, source)


class _Hashed:
    """Reads, and hashes what it reads."""

    def __init__(self, file: IO[bytes], told: Told) -> None:
        self._file, self._told = file, told
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._hash.update(data)
        self._told(len(data))
        return data

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


def _whole(read: Callable[..., T], *arguments: Any) -> T:
    try:
        return read(*arguments)
    except (tarfile.TarError, EOFError, ValueError):
        raise _damaged("it is cut off, or was changed") from None


def _member(name: str, size: int, made: datetime) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(made.timestamp())
    return member


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _ending(manifest: Manifest) -> str:
    return "sqlite3" if manifest.database == "sqlite" else "dump"


def _damaged(what: str) -> AppError:
    return AppError("backup_damaged", f"This backup cannot be used: {what}.")
