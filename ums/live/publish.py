"""Sending messages: from any thread, never waiting, never failing the caller."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

if TYPE_CHECKING:
    from ums.live.messages import Message

log = structlog.get_logger("ums.live")

_loop: asyncio.AbstractEventLoop | None = None


def attach(loop: asyncio.AbstractEventLoop | None) -> None:
    """Tell which event loop owns this process's channel layer (a server at its start; None at its end)."""
    global _loop
    _loop = loop


def publish(message: Message) -> None:
    """Send a message now. A lost one costs liveness only, so a failure is logged and nothing more."""
    if _loop is not None and _loop.is_running():
        asyncio.run_coroutine_threadsafe(_send(message), _loop)
    else:
        async_to_sync(_send)(message)


def publish_on_commit(*messages: Message) -> None:
    """Send when the transaction has been committed: a message never announces what is not there."""
    waiting = [function for _, function, _ in transaction.get_connection().run_on_commit]
    for message in dict.fromkeys(messages):
        publication = _Publication(message)
        # A thousand results of one batch need one message.
        if publication not in waiting:
            transaction.on_commit(publication, robust=True)


@dataclass(frozen=True, slots=True)
class _Publication:
    message: Message

    def __call__(self) -> None:
        publish(self.message)


async def _send(message: Message) -> None:
    layer = get_channel_layer()
    try:
        await layer.group_send(message.group, {"type": "live.message", "message": message.to_wire()})
    except Exception:
        log.warning("message_lost", message=message.kind, exc_info=True)
