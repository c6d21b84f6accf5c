"""Events while they happen, as server-sent events: what lists answer page by page, over one request that stays open.

1. Every event has the cursor as its id. Who comes again with it, as browsers do by `Last-Event-ID`, goes on there.
2. Where nothing is to be told, a heartbeat says so every HEARTBEAT seconds, with the cursor reached.
3. With each heartbeat the reader is looked at anew: a token that was revoked ends its stream, and what was granted or
   taken meanwhile counts.
4. One look at the database every LOOK seconds serves all streams of this process.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, Any

from django.db import connections

from ums.core.errors import AppError
from ums.events.numbering import events_numbered
from ums.events.selectors import event_list
from ums.feeds.filters import of_kinds
from ums.feeds.paging import window
from ums.feeds.shape import as_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from ums.events.models import Event

HEARTBEAT = 15.0
LOOK = 1.0
"""Seconds."""

AT_ONCE = 200
"""Events that are read in one go."""

MOST = 100
"""Streams of one process; who comes after them is asked to come later."""


class Streams:
    """The streams of this process."""

    def __init__(self) -> None:
        self._lock, self._looking = Lock(), Lock()
        self.count = 0
        self._ending = False
        self._newest, self._looked = 0, 0.0
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="events")

    def room(self) -> None:
        """Raises AppError `too_many_streams` (503) when there is none for one more."""
        if self.count >= MOST or self._ending:
            raise AppError("too_many_streams", "This server has no room for one more stream.", status=503)

    def entered(self, count: int) -> None:
        """That many more are open."""
        with self._lock:
            self.count += count

    def end(self) -> None:
        """The server stops: all streams end by themselves within LOOK seconds, and their readers come again."""
        self._ending = True

    @property
    def ending(self) -> bool:
        """Whether the server stops."""
        return self._ending

    def newest(self) -> int:
        """The newest position, not older than LOOK seconds. For threads."""
        with self._looking:
            if time.monotonic() - self._looked >= LOOK:
                self._newest, self._looked = events_numbered(), time.monotonic()
            return self._newest

    async def run(self, work: Callable[..., Any], *args: Any) -> Any:
        """`work(*args)` in a thread that keeps no connection to the database."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._work, work, args)

    @staticmethod
    def _work(work: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        try:
            return work(*args)
        finally:
            connections.close_all()


streams = Streams()


async def events_streamed(
    *, reader: Callable[[], Any], kinds: Iterable[str], after: int, endless: bool = True
) -> AsyncIterator[bytes]:
    """The events after a position that the reader may see; not `endless`: those that are there now.

    `reader` gives the user as it may do things now, or None when it may come no more; it is asked in threads.
    """
    streams.entered(1)
    try:
        user = await streams.run(reader)
        position, said = after, time.monotonic()
        yield _mark(position, "retry: 3000\n")
        while user is not None and not streams.ending:
            more = False
            if await streams.run(streams.newest) > position:
                rows, position, more = await streams.run(_next, user, kinds, position)
                if rows:
                    yield "".join(map(_event, rows)).encode()
                    said = time.monotonic()
            if time.monotonic() - said >= HEARTBEAT:
                user = await streams.run(reader)
                yield _mark(position)
                said = time.monotonic()
            if not more and not endless:
                break
            if not more:
                await asyncio.sleep(LOOK)
    finally:
        streams.entered(-1)


def _next(user: Any, kinds: Iterable[str], position: int) -> tuple[list[Event], int, bool]:
    return window(of_kinds(event_list(user=user), kinds), position, AT_ONCE)


def _event(row: Event) -> str:
    return f"id: {row.position}\nevent: {row.kind}\ndata: {as_json(row)}\n\n"


def _mark(position: int, more: str = "") -> bytes:
    """An id without an event: readers note it and tell nobody."""
    return f"{more}id: {position}\n\n".encode()
