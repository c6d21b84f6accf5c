"""The Channels layer: groups in each process, the bus between them."""

from __future__ import annotations

import asyncio
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer

from ha.bus.bus import current

KIND = "group"


class BusLayer(InMemoryChannelLayer):
    """Without a bus it serves one process, as its parent does."""

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """To the members in this process, and by the bus to those in others."""
        if bus := current():
            bus.send(KIND, [group, message])
        await super().group_send(group, message)

    async def group_came(self, group: str, message: dict[str, Any]) -> None:
        """A message of another process, for the members here."""
        await super().group_send(group, message)


def deliver_to(loop: asyncio.AbstractEventLoop, kind: str, body: Any) -> None:
    """Hand a message of the bus to this process's layer, which lives in `loop`. From any thread."""
    layer = get_channel_layer()
    well_formed = isinstance(body, list) and len(body) == 2 and isinstance(body[0], str) and isinstance(body[1], dict)
    if kind == KIND and isinstance(layer, BusLayer) and well_formed and not loop.is_closed():
        asyncio.run_coroutine_threadsafe(layer.group_came(*body), loop)
