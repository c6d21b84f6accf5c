"""Database work of many devices at once: what arrives within a few milliseconds is done in one go, in a thread.

1. `Database` runs functions in threads of its own and keeps their connections; a broken one is replaced once.
2. `Batcher` collects items; while one batch is being worked on, the next one grows. So a thousand devices that ask
   at the same moment cost a few queries, and a single one waits a few milliseconds.
3. A batch that fails is halved and tried again, so that an item that cannot be worked on harms no other.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import structlog
from django.db import InterfaceError, OperationalError, connections

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

log = structlog.get_logger("ums.connector")

T = TypeVar("T")
R = TypeVar("R")


class WorkFailed(Exception):
    """The database does not answer, or one item could not be worked on. Has been logged."""


THREADS = 6


class Database:
    """Threads that work on the database for the event loop."""

    def __init__(self, threads: int = THREADS) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="connector")
        self._threads = threads

    def run(self, work: Callable[..., R], *args: Any) -> asyncio.Future[R]:
        """`work(*args)` in a thread. It must be able to run twice: a lost connection to the database is replaced."""
        return asyncio.get_running_loop().run_in_executor(self._executor, self._work, work, args)

    @staticmethod
    def _work(work: Callable[..., R], args: tuple[Any, ...]) -> R:
        try:
            try:
                return work(*args)
            except (OperationalError, InterfaceError):
                connections.close_all()
                return work(*args)
        except BaseException:
            connections.close_all()
            raise
        finally:
            # Back to the pool where there is one; the embedded database's connection stays with its thread.
            for connection in connections.all(initialized_only=True):
                if connection.settings_dict["OPTIONS"].get("pool"):
                    connection.close()

    def close(self) -> None:
        """End the threads and their connections, when their work is done."""
        for _ in range(self._threads):
            self._executor.submit(connections.close_all)
        self._executor.shutdown(wait=True)


class Batcher(Generic[T, R]):
    """Collects items and hands them to `work`, a list at a time; its results have the order of the items."""

    def __init__(
        self,
        database: Database,
        work: Callable[[Sequence[T]], Sequence[R]],
        *,
        wait: float = 0.005,
        pause: float = 0.05,
        most: int = 500,
    ) -> None:
        """A batch starts `wait` seconds after its first item, and `pause` seconds after the one before it ended.

        So a single item is quick, and when many arrive all the time a batch is worth its queries. `most`: items of one
        batch; when so many wait there is no pause.
        """
        self._database = database
        self._work = work
        self._wait = wait
        self._pause = pause
        self._most = most
        self._items: list[tuple[T, asyncio.Future[R] | None]] = []
        self._busy = False
        self._idle = asyncio.Event()
        self._idle.set()

    async def do(self, item: T) -> R:
        """The result for one item. Raises WorkFailed."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._add(item, future)
        return await future

    def add(self, item: T) -> None:
        """Work on an item some time soon; nobody waits for its result."""
        self._add(item, None)

    async def drained(self) -> None:
        """Wait until all items are done."""
        await self._idle.wait()

    def _add(self, item: T, future: asyncio.Future[R] | None) -> None:
        self._items.append((item, future))
        if not self._busy:
            self._busy = True
            self._idle.clear()
            asyncio.get_running_loop().call_later(self._wait, self._start)

    def _start(self) -> None:
        items, self._items = self._items[: self._most], self._items[self._most :]
        running = self._database.run(self._outcomes, [item for item, _ in items])
        running.add_done_callback(lambda done: self._finish(items, done))

    def _finish(
        self, items: list[tuple[T, asyncio.Future[R] | None]], done: asyncio.Future[list[R | WorkFailed]]
    ) -> None:
        outcomes: list[R | WorkFailed]
        if error := done.exception():
            log.warning("device_work_failed", work=self._work.__name__, items=len(items), error=str(error))
            outcomes = [WorkFailed(str(error))] * len(items)
        else:
            outcomes = done.result()
        for (_, future), outcome in zip(items, outcomes, strict=True):
            if future is None or future.done():
                continue
            if isinstance(outcome, WorkFailed):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
        if len(self._items) >= self._most:
            self._start()
        elif self._items:
            asyncio.get_running_loop().call_later(self._pause, self._start)
        else:
            self._busy = False
            self._idle.set()

    def _outcomes(self, items: list[T]) -> list[R | WorkFailed]:
        try:
            return list(self._work(items))
        except (OperationalError, InterfaceError):
            raise  # no item's fault: tried again with another connection
        except Exception as error:
            if len(items) == 1:
                log.exception("device_work_failed", work=self._work.__name__)
                return [WorkFailed(str(error))]
            half = len(items) // 2
            return self._outcomes(items[:half]) + self._outcomes(items[half:])
