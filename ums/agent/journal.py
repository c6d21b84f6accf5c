"""Which commands a device carried out: each once, each result kept until the server has it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ums.domain.protocol import CommandResult

from .storage import write_atomic

REMEMBERED = 200
"""Confirmed commands that are kept, so that a repeated one is recognised."""

INTERRUPTED = "The device was interrupted while it carried this out."


class Entry(msgspec.Struct):
    """One command: its result once it has ended, and whether the server confirmed it."""

    result: CommandResult | None = None
    confirmed: bool = False


class Journal:
    """Remembers commands by id; on disk when it has a path."""

    __slots__ = ("_entries", "_path")

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._entries: dict[int, Entry] = {}
        if path is not None and path.exists():
            try:
                self._entries = msgspec.json.decode(path.read_bytes(), type=dict[int, Entry])
            except msgspec.MsgspecError:
                pass  # damaged: the commands count as never seen
        for number, entry in self._entries.items():
            if entry.result is None:
                entry.result = CommandResult(id=number, ok=False, text=INTERRUPTED)

    def begin(self, number: int) -> bool:
        """Notes that a command starts; False when it was begun before. Raises OSError: then do not start it."""
        if number in self._entries:
            return False
        self._entries[number] = Entry()
        self._save()
        return True

    def finish(self, result: CommandResult) -> None:
        """Keeps the result until it is confirmed."""
        self._entries.setdefault(result.id, Entry()).result = result
        self._save()

    def confirm(self, number: int) -> None:
        """The server has the result."""
        entry = self._entries.get(number)
        if entry is not None and not entry.confirmed:
            entry.confirmed = True
            self._save()

    def result(self, number: int) -> CommandResult | None:
        """The result of a command; None when it is unknown or still runs."""
        entry = self._entries.get(number)
        return entry.result if entry else None

    def confirmed(self, number: int) -> bool:
        """Whether the server has the result."""
        entry = self._entries.get(number)
        return entry is not None and entry.confirmed

    def unconfirmed(self) -> list[CommandResult]:
        """The results that the server has not confirmed, oldest first."""
        return [entry.result for entry in self._entries.values() if entry.result and not entry.confirmed]

    def _save(self) -> None:
        done = [number for number, entry in self._entries.items() if entry.confirmed]
        for number in done[:-REMEMBERED]:
            del self._entries[number]
        if self._path is not None:
            write_atomic(self._path, msgspec.json.encode(self._entries))
