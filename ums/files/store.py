"""Contents on this server's disk: each below `<UMS_DATA>/files` under the name of its SHA-256, whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from django.conf import settings

from ums.core.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Iterator

RESERVE = 256 * 1024 * 1024
"""Bytes that stay free on the disk: logs and the embedded database lie on it, too."""

LOOK_EVERY = 16 * 1024 * 1024
"""Bytes written between two looks at the free space."""

_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A content that lies in a store."""

    sha256: str
    size: int


class Incoming:
    """A content on its way into a store."""

    def __init__(self, store: Store, descriptor: int, path: Path) -> None:
        self._store, self._descriptor, self._path = store, descriptor, path
        self._hash = hashlib.sha256()
        self._looked = 0
        self.size = 0

    @property
    def sha256(self) -> str:
        """Of what has been written so far."""
        return self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        """Append. Raises AppError `disk_full`, OSError."""
        if self.size + len(data) - self._looked >= LOOK_EVERY:
            self._store.require_free(len(data))
            self._looked = self.size + len(data)
        left = memoryview(data)
        with _full_disks():
            while left:
                left = left[os.write(self._descriptor, left) :]
        self._hash.update(data)
        self.size += len(data)

    def finish(self) -> Kept:
        """Put what was written in its place, durably. Raises AppError `disk_full`, OSError."""
        kept = Kept(self.sha256, self.size)
        place = self._store.path(kept.sha256)
        with _full_disks():
            os.fsync(self._descriptor)
            place.parent.mkdir(mode=0o700, exist_ok=True)
            self._path.replace(place)
            _sync_directory(place.parent)
        return kept


class Store:
    """Contents below `root`. Processes of one host share it: nothing is seen before it is whole."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._coming = root / "incoming"

    @contextmanager
    def incoming(self, *, size: int = 0) -> Iterator[Incoming]:
        """A place to write a content of `size` bytes (0: unknown). What was not finished leaves nothing.

        Raises AppError `disk_full`, OSError.
        """
        with _full_disks():
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._coming.mkdir(mode=0o700, exist_ok=True)
        self.require_free(size)
        path = self._coming / secrets.token_hex(16)
        with _full_disks():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            # Says as long as this process lives that somebody writes here: see `clear`.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield Incoming(self, descriptor, path)
        finally:
            os.close(descriptor)
            path.unlink(missing_ok=True)

    def path(self, sha256: str) -> Path:
        """Where a content lies, or would. Raises FileNotFoundError for what is no SHA-256."""
        if not _HASH.fullmatch(sha256):
            raise FileNotFoundError(sha256)
        return self.root / sha256[:2] / sha256

    def open(self, sha256: str) -> BinaryIO:
        """Read a content; it can be read to its end even when it is removed meanwhile. Raises FileNotFoundError."""
        return self.path(sha256).open("rb")

    def size(self, sha256: str) -> int | None:
        """Bytes of a content; None when it is not here."""
        try:
            return self.path(sha256).stat().st_size
        except FileNotFoundError:
            return None

    def holds(self, sha256: str) -> bool:
        """Whether a content is here."""
        return self.size(sha256) is not None

    def remove(self, sha256: str) -> None:
        """Remove a content if it is here. Raises OSError."""
        self.path(sha256).unlink(missing_ok=True)

    def all(self) -> Iterator[str]:
        """The SHA-256 of all contents that are here, in no order."""
        for path in self.root.glob("[0-9a-f][0-9a-f]/*"):
            if _HASH.fullmatch(path.name):
                yield path.name

    def clear(self) -> None:
        """Remove what processes have left half-written that are no more. Raises OSError."""
        for path in self._coming.glob("*"):
            with path.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                path.unlink(missing_ok=True)

    def free_bytes(self) -> int:
        """What may still be written here. Raises OSError."""
        there = self.root
        while not there.exists():
            there = there.parent
        return max(0, shutil.disk_usage(there).free - RESERVE)

    def require_free(self, size: int) -> None:
        """Raises AppError `disk_full` unless `size` bytes may be written."""
        if size >= self.free_bytes():
            raise _disk_full()


def store() -> Store:
    """That of this host."""
    return Store(Path(settings.UMS_DATA) / "files")


def _disk_full() -> AppError:
    return AppError("disk_full", "The disk of the server is full. Make room on it, and try again.", status=507)


@contextmanager
def _full_disks() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise _disk_full() from error
        raise


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
