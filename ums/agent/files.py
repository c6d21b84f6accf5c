"""The files that the server assigns: fetched, checked, put in place, and removed when they are assigned no longer.

files.json  {path: {"sha256", "size", "mtime_ns"}}: every file that the agent has put, or is about to put, at its place
partial/    contents that are on their way; a transfer that was interrupted goes on where it was

A path is written down before anything is put there, so that an agent that was killed in between still removes it.
"""

from __future__ import annotations

import asyncio
import grp
import hashlib
import os
import pwd
import shutil
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ums.domain.protocol import MAX_FILE, FileEntry, device_path

from .storage import sync_directory, write_atomic

USER = "user"
"""The account whose the files with the owner `user` are."""

COPY = 1024 * 1024

Download = Callable[[str, int], AbstractAsyncContextManager[tuple[int, AsyncIterator[bytes]]]]
"""(sha256, offset) → where the answer starts, and its bytes. Raises FileError."""


class FileError(Exception):
    """A file cannot be fetched or put in place; one sentence says why."""


class Put(msgspec.Struct, frozen=True):
    """A file that lies at its place. `mtime_ns` 0: it may not lie there yet."""

    sha256: str
    size: int = 0
    mtime_ns: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a run: paths that are new, different or gone, and what went wrong."""

    changed: tuple[str, ...] = ()
    error: str = ""


def default_root(state: Path) -> Path:
    """Below which directory device paths lie: for root the whole file system, else one in the state directory."""
    return Path("/") if os.geteuid() == 0 else state / "files"


class DeviceFiles:
    """The files of one device, below `root`: "/" on a real one."""

    def __init__(self, state: Path, root: Path) -> None:
        self._state = state
        self._root = root
        self._partial = state / "partial"
        self._list = state / "files.json"
        self._put: dict[str, Put] = self._load()

    def settled(self, wanted: list[FileEntry]) -> bool:
        """Whether every wanted file lies at its place as it was put there, and no other one does."""
        return self._put.keys() == {entry.path for entry in wanted} and all(map(self._in_place, wanted))

    async def bring(self, wanted: list[FileEntry], download: Download) -> Outcome:
        """Remove what is not wanted, fetch what is missing. What fails does not keep the others from coming."""
        changed, errors = [], []
        entries = {entry.path: entry for entry in wanted}
        self._forget_partial({entry.sha256 for entry in wanted})
        for path in sorted(self._put.keys() - entries.keys()):
            try:
                self._remove(path)
                changed.append(path)
            except OSError as error:
                errors.append(f"{path} was not removed: {error.strerror}")
        for path, entry in sorted(entries.items()):
            if self._in_place(entry):
                continue
            try:
                await self._fetch(entry, download)
                changed.append(path)
            except (FileError, ValueError) as error:
                errors.append(f"{path}: {error}")
            except OSError as error:
                errors.append(f"{path}: {error.strerror}")
        return Outcome(tuple(changed), "; ".join(errors)[:4096])

    # ------------------------------------------------------------ at its place

    def _in_place(self, entry: FileEntry) -> bool:
        put = self._put.get(entry.path)
        if put is None or put.sha256 != entry.sha256 or not put.mtime_ns:
            return False
        try:
            found = self._target(entry.path).lstat()
        except (OSError, FileError, ValueError):
            return False
        same = (found.st_size, found.st_mtime_ns) == (put.size, put.mtime_ns)
        return same and stat.S_ISREG(found.st_mode) and stat.S_IMODE(found.st_mode) == entry.mode

    async def _fetch(self, entry: FileEntry, download: Download) -> None:
        target = self._target(entry.path)
        if entry.size > MAX_FILE or not 0 <= entry.mode <= 0o777:
            raise FileError("the server announced a file that is larger, or has other permissions, than files have")
        self._remember(entry.path, Put(entry.sha256))
        content = await self._content(entry, download)
        await asyncio.to_thread(self._place, content, target, entry)
        found = target.lstat()
        self._remember(entry.path, Put(entry.sha256, found.st_size, found.st_mtime_ns))
        content.unlink()

    def _place(self, content: Path, target: Path, entry: FileEntry) -> None:
        """Beside its place first, then renamed: nobody sees a part of it. What lay there before is gone."""
        target.parent.mkdir(parents=True, exist_ok=True)
        self._inside(target.parent.resolve())
        beside = _beside(target)
        try:
            beside.unlink(missing_ok=True)
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb") as file, content.open("rb") as source:
                shutil.copyfileobj(source, file, COPY)
                _give(file.fileno(), entry.owner)
                os.fchmod(file.fileno(), entry.mode)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
        sync_directory(target.parent)

    def _remove(self, path: str) -> None:
        try:
            target = self._target(path)
            target.unlink(missing_ok=True)
            _beside(target).unlink(missing_ok=True)
            sync_directory(target.parent)
        except (FileError, ValueError, FileNotFoundError, NotADirectoryError):
            pass  # it cannot have been put there
        self._forget(path)

    # ------------------------------------------------------------ its content

    async def _content(self, entry: FileEntry, download: Download) -> Path:
        """The content in partial/, complete and checked. Raises FileError; then what came is kept or thrown away."""
        self._partial.mkdir(mode=0o700, exist_ok=True)
        path = self._partial / entry.sha256
        digest, size = await asyncio.to_thread(_hashed, path)
        if size > entry.size:
            path.unlink()
            digest, size = hashlib.sha256(), 0
        if size < entry.size or not path.exists():
            async with download(entry.sha256, size) as (start, parts):
                if start != size:
                    digest, size = hashlib.sha256(), 0
                with path.open("ab" if start else "wb") as file:
                    async for part in parts:
                        size += len(part)
                        if size > entry.size:
                            raise FileError("the server sent more than it announced")
                        digest.update(part)
                        file.write(part)
        if size < entry.size:
            raise FileError("the transfer ended early")
        if digest.hexdigest() != entry.sha256:
            path.unlink()
            raise FileError("what came is not what the server announced (wrong SHA-256)")
        return path

    def _forget_partial(self, wanted: set[str]) -> None:
        """What is on its way for files that are not wanted any more."""
        for path in self._partial.glob("*"):
            if path.name not in wanted:
                path.unlink(missing_ok=True)

    # ------------------------------------------------------------ where

    def _target(self, path: str) -> Path:
        """The place of a path. Raises ValueError, FileError."""
        target = self._root / device_path(path)[1:]
        self._inside(target)
        return target

    def _inside(self, path: Path) -> None:
        root, state = self._root.resolve(), self._state.resolve()
        resolved = path.parent.resolve() / path.name
        if not resolved.is_relative_to(root):
            raise FileError("a link leads out of the directory of the files")
        if resolved.is_relative_to(state) and not root.is_relative_to(state):
            raise FileError("this is the agent's own directory")

    # ------------------------------------------------------------ the list

    def _remember(self, path: str, put: Put) -> None:
        self._save({**self._put, path: put})

    def _forget(self, path: str) -> None:
        self._save({known: put for known, put in self._put.items() if known != path})

    def _save(self, put: dict[str, Put]) -> None:
        write_atomic(self._list, msgspec.json.encode(put))
        self._put = put

    def _load(self) -> dict[str, Put]:
        try:
            return msgspec.json.decode(self._list.read_bytes(), type=dict[str, Put])
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return {}


def _beside(target: Path) -> Path:
    """Where a file is written before it takes its place."""
    return target.with_name(f".{hashlib.sha256(target.name.encode()).hexdigest()[:16]}.ums")


def _hashed(path: Path) -> tuple[hashlib._Hash, int]:
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while part := file.read(COPY):
                digest.update(part)
                size += len(part)
    except FileNotFoundError:
        pass
    return digest, size


def _give(descriptor: int, owner: str) -> None:
    """To whom the file belongs; only root can give files away. Raises FileError."""
    if os.geteuid() != 0:
        return
    if owner != USER:
        os.fchown(descriptor, 0, 0)
        return
    try:
        account = pwd.getpwnam(USER)
        os.fchown(descriptor, account.pw_uid, grp.getgrgid(account.pw_gid).gr_gid)
    except KeyError as error:
        raise FileError(f"this device has no account “{USER}”") from error
