"""The state directory of an agent: what it knows when no server answers.

identity.pem            key and certificate
server-ca.pem           the server certificate that a fingerprint chose
servers.json            the servers it was told of
settings.json           {"tag", "seq", "values", "instances", "locked", "files"}: what holds now
settings.previous.json  what held before; there only while hooks have not run for the change
commands.json           commands that were carried out
local.json              {"values", "instances"}: what was set at the device itself (written by others)
assets.json             what is plugged in, and what happened that no server has yet
files.json, partial/    files of the server: which lie at their places, and contents on their way (`files`)
apply.d/, commands.d/   hooks
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

import msgspec

from ums.domain.protocol import FileEntry, LocalSettings, ProtocolError, Settings, decode_body, decode_device, encode

from .storage import remove_leftovers, sync_directory, write_atomic

Change = dict[str, Any]
"""{"path", "old", "new"}; None where there was, or is, no value."""


class StateError(Exception):
    """The state directory cannot be used."""


class StoredInstance(msgspec.Struct, frozen=True):
    """A free instance in settings.json."""

    cls: str = msgspec.field(name="class")
    values: dict[str, bool | int | float | str] = {}


class StoredSettings(msgspec.Struct, frozen=True):
    """The content of settings.json."""

    tag: str = ""
    seq: int = 0
    values: dict[str, bool | int | float | str] = {}
    instances: dict[str, StoredInstance] = {}
    locked: list[str] = []
    files: list[FileEntry] = []

    def flat(self) -> dict[str, Any]:
        """Value by concrete path: "sessions.rdp%.server" of instance 17 is "sessions.rdp17.server"."""
        result: dict[str, Any] = dict(self.values)
        for serial, instance in self.instances.items():
            prefix = instance.cls.replace("%", serial)
            result.update({f"{prefix}.{name}": value for name, value in instance.values.items()})
        return result


def changes(old: StoredSettings, new: StoredSettings) -> list[Change]:
    """What differs, by path."""
    before, after = old.flat(), new.flat()
    return [
        {"path": path, "old": before.get(path), "new": after.get(path)}
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path) or (path in before) != (path in after)
    ]


class State:
    """One agent's directory, locked for one process."""

    def __init__(self, directory: Path) -> None:
        """Makes the directory when it is missing and locks it. Raises StateError."""
        self.directory = directory
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StateError(f"The state directory {directory} cannot be used: {error.strerror}.") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise StateError(f"Another agent already runs with the state directory {directory}.") from error
        remove_leftovers(directory)
        self.settings = self._load(self.settings_path) or self._load(self._previous_path) or StoredSettings()

    def close(self) -> None:
        """Gives the directory free."""
        os.close(self._lock)

    @property
    def settings_path(self) -> Path:
        """The file that other programs of the device read."""
        return self.directory / "settings.json"

    @property
    def _previous_path(self) -> Path:
        return self.directory / "settings.previous.json"

    def path(self, name: str) -> Path:
        """A file of the directory."""
        return self.directory / name

    # ------------------------------------------------------------ settings

    def store(self, message: Settings) -> None:
        """Writes new settings; `pending_changes` then tells what hooks have to hear of.

        Raises ProtocolError for a body that is none, OSError when it cannot be written; then the old settings hold.
        """
        body = decode_body(message.body)
        new = StoredSettings(
            tag=message.tag,
            seq=message.seq,
            values=body.values,
            instances={s: StoredInstance(cls=i.cls, values=i.values) for s, i in body.instances.items()},
            locked=body.locked,
            files=body.files,
        )
        if not self._previous_path.exists():
            write_atomic(self._previous_path, msgspec.json.encode(self.settings))
        write_atomic(self.settings_path, msgspec.json.format(msgspec.json.encode(new, order="deterministic"), indent=1))
        self.settings = new

    def pending_changes(self) -> list[Change]:
        """Changes for which hooks have not run, also those of a run that was killed in between."""
        previous = self._load(self._previous_path)
        return changes(previous, self.settings) if previous is not None else []

    def settle(self) -> None:
        """The hooks have run."""
        self._previous_path.unlink(missing_ok=True)
        sync_directory(self.directory)

    def reset(self) -> None:
        """Back to factory defaults: settings, identity, servers and local settings go. Hooks and the list of commands
        stay: a reset that the server repeats must not be carried out twice."""
        for name in ("settings.json", "settings.previous.json", "identity.pem", "servers.json", "local.json"):
            (self.directory / name).unlink(missing_ok=True)
        sync_directory(self.directory)
        self.settings = StoredSettings()

    def _load(self, path: Path) -> StoredSettings | None:
        try:
            return msgspec.json.decode(path.read_bytes(), type=StoredSettings)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None  # none yet, or damaged: the server sends them again

    # ------------------------------------------------------------ servers

    def load_servers(self) -> list[str]:
        """The servers of the last list."""
        try:
            return msgspec.json.decode(self.path("servers.json").read_bytes(), type=list[str])
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return []

    def save_servers(self, servers: tuple[str, ...]) -> None:
        """Keeps the list. Raises OSError."""
        write_atomic(self.path("servers.json"), msgspec.json.encode(servers))

    # ------------------------------------------------------------ local settings

    def local_stamp(self) -> tuple[int, int, int] | None:
        """Changes whenever local.json changes; None without the file."""
        try:
            status = self.path("local.json").stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def load_local(self) -> LocalSettings:
        """What was set at the device itself. Raises StateError with what is wrong in the file."""
        path = self.path("local.json")
        try:
            local = msgspec.json.decode(path.read_bytes(), type=LocalSettings)
            decode_device(encode(local))  # the bounds of the wire
        except FileNotFoundError:
            return LocalSettings()
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, ProtocolError) as error:
            raise StateError(f"{path} is not reported: {error}") from error
        return local
