"""What was plugged in when the device looked last, and what happened that no server has yet: on disk, if it has a path.

A server that has stored something says so; until then it stays here, whatever restarts.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path

import msgspec

from ums.domain.protocol import AssetChange, Peripheral

from .storage import write_atomic

MOST = 1000
"""Events that are kept. Beyond, the oldest go: the server makes up what it missed."""

Key = tuple[str, str, str, str, str]


def key_of(peripheral: Peripheral) -> Key:
    """What makes it another thing, or the same thing at another port."""
    return (peripheral.bus, peripheral.port, peripheral.vendor_id, peripheral.product_id, peripheral.serial)


class Content(msgspec.Struct):
    """The file. `wanted`: whether a server wants to know; while none does, nothing is noted but what is there."""

    journal: str
    sequence: int = 0
    boot_id: str = ""
    wanted: bool = True
    present: list[Peripheral] = []
    unsent: list[AssetChange] = []


class AssetBook:
    """The notes of one device. `boot_id`: of this boot; what differs from the notes of another one is `…_on_boot`."""

    __slots__ = ("_boot_id", "_content", "_path")

    def __init__(self, boot_id: str, path: Path | None = None, present: list[Peripheral] | None = None) -> None:
        """`present`: what is there, as if it had been noted before."""
        self._boot_id = boot_id
        self._path = path
        self._content = self._load() or Content(secrets.token_urlsafe(18), present=present or [])

    @property
    def journal(self) -> str:
        """The name of these notes."""
        return self._content.journal

    @property
    def sequence(self) -> int:
        """Of the event that was noted last."""
        return self._content.sequence

    @property
    def present(self) -> list[Peripheral]:
        """What is plugged in."""
        return self._content.present

    @property
    def unsent(self) -> list[AssetChange]:
        """What no server has stored, oldest first."""
        return self._content.unsent

    def look(self, present: Iterable[Peripheral], time: float) -> bool:
        """Note what is plugged in at `time` (Unix seconds); whether that is news. Raises OSError: not noted on disk."""
        content = self._content
        before, now = ({key_of(one): one for one in there} for there in (content.present, present))
        booted = content.boot_id != self._boot_id
        gone = [one for key, one in before.items() if key not in now]
        come = [one for key, one in now.items() if key not in before]
        if before == now and not booted:
            return False
        content.boot_id, content.present = self._boot_id, list(now.values())
        if content.wanted:
            for kind, things in (("remove", gone), ("add", come)):
                for one in things:
                    content.sequence += 1
                    name = f"{kind}_on_boot" if booted else kind
                    content.unsent.append(AssetChange(content.sequence, name, time, one))
            del content.unsent[:-MOST]
        self._save()
        return bool(gone or come)

    def stored(self, journal: str, sequence: int) -> None:
        """A server has it up to `sequence`. Raises OSError."""
        content = self._content
        if journal == content.journal and content.unsent and content.unsent[0].sequence <= sequence:
            content.unsent = [one for one in content.unsent if one.sequence > sequence]
            self._save()

    def want(self, wanted: bool) -> None:
        """Whether a server wants to know; if not, what it was to be told is forgotten. Raises OSError."""
        if wanted != self._content.wanted or (not wanted and self._content.unsent):
            self._content.wanted = wanted
            if not wanted:
                self._content.unsent = []
            self._save()

    def forget(self) -> None:
        """Begin anew, as another journal, with what is there. Raises OSError."""
        self._content = Content(secrets.token_urlsafe(18), boot_id=self._boot_id, present=self._content.present)
        self._save()

    def _load(self) -> Content | None:
        if self._path is None:
            return None
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Content)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None  # none yet, or damaged: a new journal, and the server compares with what it knows

    def _save(self) -> None:
        if self._path is not None:
            write_atomic(self._path, msgspec.json.encode(self._content))
