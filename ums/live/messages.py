"""What processes tell each other. Nudges: small, idempotent, and a sweep repairs what gets lost."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

BROWSERS = "browsers"
SERVERS = "servers"


@dataclass(frozen=True, slots=True)
class Message:
    """Base of all messages: `kind` names it on the wire, `group` is who hears it."""

    kind: ClassVar[str]
    group: ClassVar[str] = BROWSERS

    def to_wire(self) -> dict[str, Any]:
        """The message as JSON, with its kind under `type`."""
        return {"type": self.kind, **asdict(self)}


@dataclass(frozen=True, slots=True)
class DevicesChanged(Message):
    """Presence, settings state or properties of these devices changed: read them again."""

    ids: tuple[int, ...]
    kind: ClassVar[str] = "devices.changed"


@dataclass(frozen=True, slots=True)
class BatchChanged(Message):
    """Results of commands came in, or a new batch exists."""

    id: int
    kind: ClassVar[str] = "batch.changed"


@dataclass(frozen=True, slots=True)
class TreeChanged(Message):
    """Directories or what is in them changed."""

    kind: ClassVar[str] = "tree.changed"


@dataclass(frozen=True, slots=True)
class ProcessesChanged(Message):
    """Processes of the network started, stopped, or were lost."""

    kind: ClassVar[str] = "processes.changed"


@dataclass(frozen=True, slots=True)
class NoticesChanged(Message):
    """Something was noticed, or a notice was settled."""

    kind: ClassVar[str] = "notices.changed"


@dataclass(frozen=True, slots=True)
class SettingsChanged(Message):
    """Devices have settings pending: every server looks after those that it holds."""

    kind: ClassVar[str] = "settings.changed"
    group: ClassVar[str] = SERVERS


@dataclass(frozen=True, slots=True)
class CommandsQueued(Message):
    """Commands wait: every server looks after the devices that it holds."""

    kind: ClassVar[str] = "commands.queued"
    group: ClassVar[str] = SERVERS


@dataclass(frozen=True, slots=True)
class DevicesCutOff(Message):
    """These devices lost their right to be connected: whoever holds them closes the connection."""

    ids: tuple[int, ...]
    kind: ClassVar[str] = "devices.cut_off"
    group: ClassVar[str] = SERVERS


@dataclass(frozen=True, slots=True)
class ContentsChanged(Message):
    """Contents of files wait to be fetched; those that are `gone` need no disk any more. `again`: a server is back,
    what could not be fetched may be there now."""

    gone: tuple[str, ...] = ()
    again: bool = False
    kind: ClassVar[str] = "contents.changed"
    group: ClassVar[str] = SERVERS
