"""The servers that devices are told of at each login, so that they find another one when theirs is gone."""

from __future__ import annotations

import time
from threading import Lock

from django.conf import settings

from ha.selectors import device_servers

FRESH = 5.0
"""Seconds that a list is good for."""

_lock = Lock()
_list: list[str] = []
_until = 0.0


def servers_for(device_id: int) -> tuple[str, ...]:
    """All servers, each device beginning with another one. Nothing outside an HA network: there is one server then."""
    global _list, _until
    if settings.UMS_NODE is None:
        return ()
    with _lock:
        if time.monotonic() >= _until:
            _list, _until = device_servers(), time.monotonic() + FRESH
        first = device_id % len(_list) if _list else 0
        return (*_list[first:], *_list[:first])
