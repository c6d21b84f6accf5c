"""The thread that sees to it that this server's disk holds what it should (docs/files.md).

It looks at its start, when a message tells, when something that failed is due again, and every five minutes: then it
compares rows and disk. Messages are nudges; what is held, waits or has failed stands in rows (`ContentCopy`).
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from itertools import islice
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, TypeVar

import structlog
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from ums.core.errors import AppError
from ums.files.models import ContentCopy, CopyState, FileContent
from ums.files.services import copies_completed, copies_in_state
from ums.files.store.disk import store
from ums.files.store.fetching import Stopped, content_fetch
from ums.live.messages import ContentsChanged
from ums.live.publish import publish

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from uuid import UUID

    from django.db.models import QuerySet

log = structlog.get_logger("ums.files")

LOOK_EVERY = 300.0
"""Seconds between two comparisons of rows and disk (domain/ha.md §5)."""

TRANSFERS = 2
"""Contents that are fetched at a time."""

PAUSES = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0)
"""Seconds until what has failed is tried again."""

CHECK_AFTER = timedelta(days=1)
CHECK_FOR = 20.0
"""A held content is read and compared with its hash once a day; seconds that this may take within LOOK_EVERY."""

BATCH = 500

T = TypeVar("T")


class Synchroniser(Thread):
    """Runs from `start()` to `stop()`. Without a `node` this is a server by itself: nothing is fetched."""

    def __init__(self, node: UUID | None) -> None:
        super().__init__(name="files", daemon=True)
        self._node = node
        self._ended, self._woken = Event(), Event()
        self._lock = Lock()
        self._gone: set[str] = set()
        self._failed: dict[int, tuple[int, float]] = {}
        """By copy: how often in a row, and when it is due again, in monotonic seconds."""
        self._busy: dict[int, Future[None]] = {}
        self._check: Future[None] | None = None
        self._workers = ThreadPoolExecutor(TRANSFERS + 1, thread_name_prefix="files")

    def told(self, *, gone: Iterable[str] = (), again: bool = False) -> None:
        """Something has changed: see `ContentsChanged`. From any thread, never waits."""
        with self._lock:
            self._gone.update(gone)
            if again:
                self._failed.clear()
        self._woken.set()

    def stop(self, *, seconds: float = 5.0) -> None:
        """End the thread; transfers under way are dropped."""
        self._ended.set()
        self._woken.set()
        if self.is_alive():
            self.join(seconds)
        self._workers.shutdown(wait=False, cancel_futures=True)

    def run(self) -> None:
        """Look until stopped. Errors of database and disk are logged once and tried again."""
        look, failing, begun = 0.0, False, False
        while not self._ended.is_set():
            self._woken.clear()
            try:
                if not begun:
                    store().clear()
                    publish(ContentsChanged(again=True))
                    begun = True
                if time.monotonic() >= look:
                    self.compare()
                    look = time.monotonic() + LOOK_EVERY
                self.remove_gone()
                self.fetch_waiting()
                failing = False
            except (DatabaseError, InterfaceError, OSError) as error:
                if not failing:
                    log.warning("files_not_synchronised", error=str(error).strip().partition("\n")[0])
                failing = True
            connection.close()
            self._woken.wait(PAUSES[0] if failing else self._pause(look))
            # What comes together is done together.
            self._ended.wait(0.05)

    def _pause(self, look: float) -> float:
        """Seconds until there is something to do by itself. A transfer that ends wakes the thread."""
        with self._lock:
            if self._gone:
                return 1.0
            full = len(self._busy) >= TRANSFERS
            due = [] if full else [when for copy, (_, when) in self._failed.items() if copy not in self._busy]
        return max(0.05, min([look, *due]) - time.monotonic())

    # ------------------------------------------------------------ rows and disk

    def compare(self) -> None:
        """Rows for all contents; what is missing on the disk or has another size waits; what nobody wants goes.

        Raises DatabaseError, OSError.
        """
        for names in _batches(store().all()):
            self._sweep(names)
        if self._node is None:
            return
        copies_completed(node_id=self._node)
        own = ContentCopy.objects.filter(node=self._node)
        lost = [
            copy
            for copy, sha256, size in own.filter(state=CopyState.HELD).values_list("pk", "content", "content__size")
            if store().size(sha256) != size
        ]
        for ids in _batches(lost):
            copies_in_state(ids=ids, state=CopyState.WAITING)
        begun = own.filter(state=CopyState.FETCHING).exclude(pk__in=list(self._busy))
        copies_in_state(ids=list(begun.values_list("pk", flat=True)), state=CopyState.WAITING)
        if self._check is None or self._check.done():
            self._check = self._workers.submit(self._check_some, self._node)

    def remove_gone(self) -> None:
        """Remove what messages named, unless it is wanted. Raises DatabaseError, OSError."""
        with self._lock:
            gone, self._gone = self._gone, set()
        self._sweep(list(gone))

    def _sweep(self, names: Sequence[str]) -> None:
        wanted = set(_wanted(names))
        for name in names:
            if name not in wanted and not store().remove(name, unless=partial(_is_wanted, name)):
                with self._lock:
                    self._gone.add(name)

    def _check_some(self, node: UUID) -> None:
        """Read what was read longest ago."""
        end = time.monotonic() + CHECK_FOR
        due = ContentCopy.objects.filter(
            node=node, state=CopyState.HELD, checked_at__lt=timezone.now() - CHECK_AFTER
        ).order_by("checked_at")
        try:
            while time.monotonic() < end and not self._ended.is_set() and (copy := due.first()):
                state = CopyState.HELD
                if store().damaged(copy.content_id):
                    log.warning("content_damaged", sha256=copy.content_id)
                    state = CopyState.WAITING
                copies_in_state(ids=[copy.pk], state=state)
        except (DatabaseError, InterfaceError, OSError) as error:
            log.warning("contents_not_checked", error=str(error).strip().partition("\n")[0])
        finally:
            connection.close()
            self._woken.set()

    # ------------------------------------------------------------ fetching

    def fetch_waiting(self) -> None:
        """Begin as many transfers as may be under way. Raises DatabaseError."""
        self._busy = {copy: work for copy, work in self._busy.items() if not work.done()}
        free = TRANSFERS - len(self._busy)
        if self._node is None or free <= 0:
            return
        own = ContentCopy.objects.filter(node=self._node).select_related("content").exclude(pk__in=list(self._busy))
        rows = list(own.filter(state=CopyState.WAITING)[:free])
        if len(rows) < free:
            rows += self._due(own.filter(state=CopyState.FAILED), free - len(rows))
        for copy in rows:
            self._busy[copy.pk] = self._workers.submit(self._fetch, copy)

    def _due(self, failed: QuerySet[ContentCopy], most: int) -> list[ContentCopy]:
        with self._lock:
            now = time.monotonic()
            later = [copy for copy, (_, due) in self._failed.items() if due > now]
        rows = list(failed.exclude(pk__in=later)[:most])
        if len(rows) < most:
            # What is due and not among them is gone.
            with self._lock:
                kept = {*later, *self._busy, *(copy.pk for copy in rows)}
                self._failed = {copy: entry for copy, entry in self._failed.items() if copy in kept}
        return rows

    def _fetch(self, copy: ContentCopy) -> None:
        try:
            copies_in_state(ids=[copy.pk], state=CopyState.FETCHING)
            self._bring(copy)
        except Stopped:
            pass
        except (DatabaseError, InterfaceError) as error:
            # Its row says “fetching” until rows and disk are compared.
            log.warning("content_not_fetched", sha256=copy.content_id, error=str(error).partition("\n")[0])
        except Exception:
            log.exception("content_not_fetched", sha256=copy.content_id)
        finally:
            connection.close()
            self._woken.set()

    def _bring(self, copy: ContentCopy) -> None:
        try:
            content_fetch(copy.content, stopping=self._ended.is_set)
        except (AppError, OSError) as error:
            self._has_failed(copy, str(error))
            return
        with self._lock:
            self._failed.pop(copy.pk, None)
        copies_in_state(ids=[copy.pk], state=CopyState.HELD)
        # Nobody may want it any more.
        self.told(gone=[copy.content_id])

    def _has_failed(self, copy: ContentCopy, error: str) -> None:
        with self._lock:
            times = self._failed.get(copy.pk, (0, 0.0))[0]
            pause = PAUSES[min(times, len(PAUSES) - 1)]
            self._failed[copy.pk] = times + 1, time.monotonic() + pause
        log.info("content_not_fetched", sha256=copy.content_id, error=error)
        copies_in_state(ids=[copy.pk], state=CopyState.FAILED, error=error)


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    left = iter(items)
    while batch := list(islice(left, BATCH)):
        yield batch


def _wanted(names: Sequence[str]) -> Iterable[str]:
    return FileContent.objects.filter(pk__in=names, sealed=False).values_list("pk", flat=True)


def _is_wanted(name: str) -> bool:
    return name in _wanted([name])


_synchroniser: Synchroniser | None = None


def start(node: UUID | None) -> None:
    """Start that of this process."""
    global _synchroniser
    _synchroniser = Synchroniser(node)
    _synchroniser.start()


def stop() -> None:
    """End that of this process, if it has one."""
    global _synchroniser
    synchroniser, _synchroniser = _synchroniser, None
    if synchroniser is not None:
        synchroniser.stop()


def told(*, gone: Iterable[str] = (), again: bool = False) -> None:
    """Wake that of this process, if it has one."""
    if _synchroniser is not None:
        _synchroniser.told(gone=gone, again=again)
