"""Failed attempts, or requests, counted by name in this process, in a bounded table."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock

MAX_ENTRIES = 20_000
"""Names that are remembered; the ones that failed longest ago are forgotten first."""


class Throttle:
    """Token buckets: `burst` failures at once, then one more every `every` seconds."""

    def __init__(self, burst: int, every: float, size: int = MAX_ENTRIES) -> None:
        self._burst, self._every, self._size = burst, every, size
        self._free_at: OrderedDict[str, float] = OrderedDict()
        """When all failures of a name are forgotten, in monotonic seconds."""
        self._lock = Lock()

    def wait(self, name: str) -> int:
        """Seconds until the next attempt; 0: now."""
        with self._lock:
            over = self._free_at.get(name, 0.0) - time.monotonic() - (self._burst - 1) * self._every
        return max(0, math.ceil(over))

    def failed(self, name: str) -> None:
        """One more failure."""
        now = time.monotonic()
        with self._lock:
            self._free_at[name] = max(self._free_at.get(name, 0.0), now) + self._every
            self._free_at.move_to_end(name)
            if len(self._free_at) > self._size:
                self._free_at.popitem(last=False)

    def take(self, name: str) -> int:
        """Counts one, if it is free: 0; else the seconds until the next one is."""
        now = time.monotonic()
        with self._lock:
            busy = max(self._free_at.get(name, 0.0), now)
            over = busy - now - (self._burst - 1) * self._every
            if over > 0:
                return math.ceil(over)
            self._free_at[name] = busy + self._every
            self._free_at.move_to_end(name)
            if len(self._free_at) > self._size:
                self._free_at.popitem(last=False)
        return 0

    def clear(self) -> None:
        """Forget all failures."""
        with self._lock:
            self._free_at.clear()


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))
    return str(parsed)
