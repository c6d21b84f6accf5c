"""The socket of a browser: tells which of the rows that it shows have changed. It never carries data.

1. The browser opens `/wums-app/live` with its session; a page of another origin is refused.
2. It sends {"type": "watch", "devices": [ids of the rows on screen]} whenever these change.
3. It hears at once which of them changed within the last RECENT seconds, since they were read before they were
   watched; from then on {"type": "devices.changed", "ids": […]} for those (without ids: others changed),
   {"type": "batch.changed"} and {"type": "tree.changed"}.
4. It reads the fragments again over HTTP, where permissions are checked.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from channels.generic.websocket import AsyncJsonWebsocketConsumer

from ums.live.messages import BROWSERS, DevicesChanged

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_WATCHED = 1000
RECENT = 15.0
"""Seconds that a browser may take from reading rows to watching them."""

MAX_RECENT = 20_000

ELSEWHERE = 2.0
"""Seconds between messages about devices that are not on screen."""
UNAUTHENTICATED, FOREIGN = 4401, 4403


class BrowserConsumer(AsyncJsonWebsocketConsumer):
    """One browser tab."""

    groups = [BROWSERS]
    watched: frozenset[int] = frozenset()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._recent: dict[int, float] = {}
        self._told = 0.0

    async def connect(self) -> None:
        await self.accept()
        if not self._same_origin():
            await self.close(FOREIGN)
        elif not self.scope["user"].is_authenticated:
            await self.close(UNAUTHENTICATED)
        else:
            await self.send_json({"type": "welcome"})

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        ids = content.get("devices") if isinstance(content, dict) and content.get("type") == "watch" else None
        if isinstance(ids, list) and len(ids) <= MAX_WATCHED and all(isinstance(pk, int) for pk in ids):
            new, self.watched = set(ids) - self.watched, frozenset(ids)
            limit = time.monotonic() - RECENT
            if missed := sorted(pk for pk in new if self._recent.get(pk, 0.0) > limit):
                await self.send_json({"type": DevicesChanged.kind, "ids": missed})

    async def live_message(self, event: dict[str, Any]) -> None:
        """A message of the group: device messages are cut to the rows on screen."""
        message = event["message"]
        if message["type"] == DevicesChanged.kind:
            self._remember(message["ids"])
            ids = sorted(self.watched.intersection(message["ids"]))
            if not ids and not self._worth_telling():
                return
            message = {"type": message["type"], "ids": ids}
        await self.send_json(message)

    def _worth_telling(self) -> bool:
        """Changes of other devices are told without their ids now and then, for the counters of the page."""
        now = time.monotonic()
        if now - self._told < ELSEWHERE:
            return False
        self._told = now
        return True

    def _remember(self, ids: Collection[int]) -> None:
        now = time.monotonic()
        if len(self._recent) + len(ids) > MAX_RECENT:
            self._recent = {pk: moment for pk, moment in self._recent.items() if moment > now - RECENT}
        if len(self._recent) + len(ids) <= MAX_RECENT:
            self._recent.update(dict.fromkeys(ids, now))

    @classmethod
    async def decode_json(cls, text_data: str) -> Any:
        """What is not JSON, or nested without end, is no message, and no reason to fail."""
        try:
            return await super().decode_json(text_data)
        except (ValueError, RecursionError):
            return None

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        """Binary frames are no messages either."""
        if text_data:
            await super().receive(text_data=text_data, **kwargs)

    def _same_origin(self) -> bool:
        headers = dict(self.scope["headers"])
        origin, host = headers.get(b"origin", b"").decode("latin1"), headers.get(b"host", b"").decode("latin1")
        try:
            return urlsplit(origin).netloc.lower() == host.lower()
        except ValueError:
            return False
