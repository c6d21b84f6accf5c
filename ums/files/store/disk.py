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
from typing import TYPE_CHECKING

from django.conf import settings

from ums.core.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import BufferedReader

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
        self._kept: int | None = None
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
        """Put what was written in its place, durably. Until the context ends nobody removes it from there: write the
        rows that refer to it before. Raises AppError `disk_full`, OSError.
        """
        kept = Kept(self.sha256, self.size)
        place = self._store.path(kept.sha256)
        with _full_disks():
            os.fsync(self._descriptor)
            place.parent.mkdir(mode=0o700, exist_ok=True)
            self._kept = os.open(place.parent, os.O_RDONLY)
            fcntl.flock(self._kept, fcntl.LOCK_SH)
            self._path.replace(place)
            os.fsync(self._kept)
        return kept

    def close(self) -> None:
        """It may be removed from now on; what was not finished goes."""
        os.close(self._descriptor)
        if self._kept is not None:
            os.close(self._kept)
        self._path.unlink(missing_ok=True)


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
        incoming = Incoming(self, descriptor, path)
        try:
            # Says as long as this process lives that somebody writes here: see `clear`.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield incoming
        finally:
            incoming.close()

    def path(self, sha256: str) -> Path:
        """Where a content lies, or would. Raises FileNotFoundError for what is no SHA-256."""
        if not _HASH.fullmatch(sha256):
            raise FileNotFoundError(sha256)
        return self.root / sha256[:2] / sha256

    def open(self, sha256: str) -> BufferedReader:
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

    def remove(self, sha256: str, *, unless: Callable[[], bool] = lambda: False) -> bool:
        """Remove a content unless, at this very moment, it is wanted. False while somebody else is putting one there:
        try again. Raises OSError.
        """
        path = self.path(sha256)
        try:
            directory = os.open(path.parent, os.O_RDONLY)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not unless():
                path.unlink(missing_ok=True)
        except BlockingIOError:
            return False
        finally:
            os.close(directory)
        return True

    def damaged(self, sha256: str) -> bool:
        """Whether a content has other bytes than it should: then it is put aside, below `damaged`. Raises OSError."""
        with self.open(sha256) as file:
            if hashlib.file_digest(file, "sha256").hexdigest() == sha256:
                return False
        aside = self.root / "damaged"
        aside.mkdir(mode=0o700, exist_ok=True)
        self.path(sha256).replace(aside / sha256)
        return True

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
