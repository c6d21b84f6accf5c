"""Streams over contents that come in parts from somewhere else than a disk."""

from __future__ import annotations

import io
from abc import abstractmethod
from typing import BinaryIO, cast

from ums.files.models import CHUNK


class Parts(io.RawIOBase):
    """A stream of `size` bytes, of which `part` gives what is asked for next."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.at = 0

    @abstractmethod
    def part(self, most: int) -> bytes:
        """Some bytes from `self.at` on, one at least and `most` at most. Not asked at the end."""

    def buffered(self) -> BinaryIO:
        """What callers read from."""
        return cast("BinaryIO", io.BufferedReader(self, CHUNK))

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As files do."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        self.at = max(0, base + offset)
        return self.at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """As files do; what `part` raises comes through."""
        most = min(len(buffer), self.size - self.at)
        if most <= 0:
            return 0
        part = self.part(most)
        buffer[: len(part)] = part
        self.at += len(part)
        return len(part)
