"""The socket of a browser: tells which of the rows that it shows have changed. It never carries data.

1. The browser opens `/wums-app/live` with its session; a page of another origin is refused.
2. It sends {"type": "watch", "devices": [ids of the rows on screen]} whenever these change.
3. It hears {"type": "devices.changed", "ids": […]} for those, {"type": "batch.changed"} and {"type": "tree.changed"},
   and reads the fragments again over HTTP, where permissions are checked.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from channels.generic.websocket import AsyncJsonWebsocketConsumer

from ums.live.messages import BROWSERS, DevicesChanged

MAX_WATCHED = 1000
UNAUTHENTICATED, FOREIGN = 4401, 4403


class BrowserConsumer(AsyncJsonWebsocketConsumer):
    """One browser tab."""

    groups = [BROWSERS]
    watched: frozenset[int] = frozenset()

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
            self.watched = frozenset(ids)

    async def live_message(self, event: dict[str, Any]) -> None:
        """A message of the group: device messages are cut to the rows on screen."""
        message = event["message"]
        if message["type"] == DevicesChanged.kind:
            ids = sorted(self.watched.intersection(message["ids"]))
            if not ids:
                return
            message = {"type": message["type"], "ids": ids}
        await self.send_json(message)

    @classmethod
    async def decode_json(cls, text_data: str) -> Any:
        """What is not JSON is no message, and no reason to fail."""
        try:
            return await super().decode_json(text_data)
        except ValueError:
            return None

    def _same_origin(self) -> bool:
        headers = dict(self.scope["headers"])
        origin, host = headers.get(b"origin", b"").decode("latin1"), headers.get(b"host", b"").decode("latin1")
        return urlsplit(origin).netloc.lower() == host.lower()
