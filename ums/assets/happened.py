"""Who wants to know that something happened to assets: rules, notices, events for other programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ums.assets.models import AssetEvent

Listener = Callable[[Sequence["AssetEvent"]], None]
"""Called in the transaction that stores the events, with all of them: their assets are there as they are afterwards
(`event.asset`), their devices as numbers (`event.device_id`). It is called for each batch, so it asks in bulk."""

_listeners: list[Listener] = []


def on_happened(listener: Listener) -> None:
    """Let somebody know. Called from AppConfig.ready()."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell(events: Sequence[AssetEvent]) -> None:
    """Let all of them know."""
    for listener in _listeners:
        listener(events)
