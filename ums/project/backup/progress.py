"""What a long command says while it works: at most every two seconds a line on stderr."""

from __future__ import annotations

import sys
import time

EVERY = 2.0
"""Seconds."""


def size(count: int) -> str:
    """A number of bytes for people."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


class Progress:
    """`added` counts bytes, `reached` sets how many there are. `total` 0: nobody knows."""

    def __init__(self, what: str, total: int = 0) -> None:
        self._what, self._total = what, total
        self._done = 0
        self._said = time.monotonic()

    def added(self, count: int) -> None:
        """So many bytes more."""
        self.reached(self._done + count)

    def reached(self, count: int) -> None:
        """So many bytes in all."""
        self._done = count
        if time.monotonic() - self._said < EVERY:
            return
        self._said = time.monotonic()
        of = f" of {size(self._total)}" if self._total else ""
        print(f"  {self._what}: {size(count)}{of}", file=sys.stderr, flush=True)
