"""One device's connection, as small as it can be: a process holds tens of thousands of them."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from typing import Any

    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

RATE, BURST = 20.0, 100
"""Messages a second that a device may send in the long run, and at once."""

MAX_OUTBOX = 64
"""Frames that may wait for a device that does not read."""


class Ended(Exception):
    """The connection is to be closed; `reason` is one of `metrics.CLOSE_OF_REASON`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason


class Link:
    """The socket of a device that has proved who it is (before that, `device_id` is 0).

    Its own task reads and answers. Others send with `push` and end it with `end`.
    """

    __slots__ = (
        "_full_at",
        "_outbox",
        "_pumping",
        "_send",
        "_task",
        "address",
        "agent_version",
        "certificate_id",
        "connected_at",
        "device_id",
        "ending",
        "firmware",
        "firmware_version",
        "heard",
        "login",
        "noted",
        "nudged_at",
        "nudged_seq",
    )

    def __init__(self, send: Send) -> None:
        self._send = send
        self._task = asyncio.current_task()
        self._outbox: list[bytes] | None = None
        self._pumping: asyncio.Task[None] | None = None
        self._full_at = 0.0
        self.device_id = self.certificate_id = 0
        self.address = self.firmware = self.firmware_version = self.agent_version = self.login = ""
        self.connected_at = 0.0
        self.heard = self.noted = 0.0
        self.nudged_seq, self.nudged_at = 0, 0.0
        self.ending: str | None = None

    @property
    def since(self) -> datetime:
        """When the device connected."""
        return datetime.fromtimestamp(self.connected_at, UTC)

    def spend(self, now: float) -> bool:
        """Count one message at `now` (monotonic seconds); False when there were too many.

        The generic cell rate algorithm: one number tells when the bucket will be full again.
        """
        self._full_at = max(self._full_at, now) + 1 / RATE
        return self._full_at - now <= BURST / RATE

    async def send(self, frame: bytes) -> None:
        """Send from the link's own task. Raises OSError when the connection is gone."""
        await self._send({"type": "websocket.send", "bytes": frame})

    def push(self, *frames: bytes) -> None:
        """Send from elsewhere, without waiting. A device that does not read is ended."""
        if self.ending is not None:
            return
        if self._outbox is None:
            self._outbox = list(frames)
            self._pumping = asyncio.get_running_loop().create_task(self._pump())
        elif len(self._outbox) + len(frames) > MAX_OUTBOX:
            self.end("slow")
        else:
            self._outbox.extend(frames)

    def end(self, reason: str) -> None:
        """Let the link's own task close the connection, whatever it waits for. `reason`: of CLOSE_OF_REASON."""
        if self.ending is None:
            self.ending = reason
            if self._task is not None:
                self._task.cancel()

    def over(self) -> None:
        """The link's own task is at its end: what has not been sent never will be."""
        if self._pumping is not None:
            self._pumping.cancel()

    def heard_now(self) -> float:
        """Note that the device said something; the time in monotonic seconds."""
        self.heard = now = time.monotonic()
        return now

    async def _pump(self) -> None:
        try:
            while self._outbox and self.ending is None:
                await self.send(self._outbox.pop(0))
        except (OSError, RuntimeError):
            pass  # gone or closing: its own task sees that
        finally:
            self._outbox = self._pumping = None
