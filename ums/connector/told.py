"""What devices are told at each login and seldom changes: the servers that there are, whether users may log in, and
whether peripherals are recorded.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from django.conf import settings

from ha.selectors import device_servers
from swp.feature import SHARED_WORKPLACE
from swp.ldap.types import Service
from swp.models import LinkedDirectory
from ums.domain.licences import ASSET_INVENTORY
from ums.features.selectors import is_enabled, lacking

FRESH = 5.0
"""Seconds that something is good for."""

T = TypeVar("T")


class Fresh(Generic[T]):
    """Something that is read again when it was read longer than FRESH ago."""

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._lock = Lock()
        self._until = 0.0
        self._value: T

    def get(self) -> T:
        """It, or a slightly older one."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._value, self._until = self._read(), time.monotonic() + FRESH
            return self._value

    def forget(self) -> None:
        """Read it again at the next occasion."""
        self._until = 0.0


def _domains() -> tuple[str, ...]:
    if not is_enabled(SHARED_WORKPLACE):
        return ()
    linked = LinkedDirectory.objects.filter(kind=Service.AD).order_by("domain_name")
    return tuple(linked.values_list("domain_name", flat=True))


def _assets() -> bool:
    return is_enabled(ASSET_INVENTORY) and not lacking(ASSET_INVENTORY)


_servers: Fresh[list[str]] = Fresh(device_servers)
domains: Fresh[tuple[str, ...]] = Fresh(_domains)
"""The domains whose users may log in; none while Shared Workplace is off."""
assets: Fresh[bool] = Fresh(_assets)
"""Whether the Asset Inventory Tracker is on and licensed."""


def servers_for(device_id: int) -> tuple[str, ...]:
    """All servers, each device beginning with another one. Nothing outside an HA network: there is one server then."""
    if settings.UMS_NODE is None:
        return ()
    known = _servers.get()
    first = device_id % len(known) if known else 0
    return (*known[first:], *known[:first])
