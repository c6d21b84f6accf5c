"""When to try again, so that ten thousand devices do not come back in the same second."""

from __future__ import annotations

from random import Random

BASE = 1.0
CAP = 300.0
HELD = 30.0
"""A connection that held this many seconds was a good one: the next failure counts as the first again."""

RESTART_WITHIN = 30.0
"""Seconds over which devices spread themselves when a server restarts without saying more."""


class Backoff:
    """Exponential back-off with full jitter: uniform over 0 … min(cap, base · 2ⁿ) seconds."""

    __slots__ = ("_base", "_cap", "_failures", "_random")

    def __init__(self, random: Random, base: float = BASE, cap: float = CAP) -> None:
        self._random = random
        self._base = base
        self._cap = cap
        self._failures = 0

    def after_failure(self, floor: float = 0.0) -> float:
        """Seconds to wait after a failure; `floor` is the least that the server or the close code asks for."""
        ceiling = min(self._cap, self._base * 2 ** min(self._failures, 32))
        self._failures += 1
        return floor + self._random.uniform(0, ceiling)

    def after_restart(self, within: float = RESTART_WITHIN) -> float:
        """Seconds to wait when the server asked to come back within `within` seconds."""
        self.reset()
        return self._random.uniform(0, min(max(within, 0.0), self._cap))

    def reset(self) -> None:
        """The connection was good."""
        self._failures = 0
