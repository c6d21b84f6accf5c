"""Telling the server what is plugged in: all of it when the server asks, what changes a few seconds later.

A state machine without I/O. One message at a time: the next one leaves when the server has stored the one before, so
that the order holds. Events first, then all that there is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from ums.domain.protocol import MAX_ASSET_EVENTS, AssetEvents, AssetsStored, DeviceMessage, Peripheral, encode

from .asset_book import AssetBook

DELAY = 6.0
"""Seconds in which events gather (`system.remotemanager.ait.delay`)."""

UNASKED = 10.0
"""Seconds after the ready within which a server asks; one that does not wants to know nothing."""

LARGEST = 192 * 1024
"""Bytes of a message: frames of a device have an end."""


def _delay() -> float | None:
    return DELAY


class Assets:
    """The peripherals of one device. `send` sends to the server when there is a connection. `clock`: the server's time.

    `delay`: seconds in which events gather, None when nothing is to be told at all; whoever has settings sets it.
    """

    __slots__ = ("_clock", "_send", "_timer", "_waits", "_wanted", "_whole", "book", "delay")

    def __init__(self, send: Callable[[DeviceMessage], None], book: AssetBook, clock: Callable[[], float]) -> None:
        self.book = book
        self._send = send
        self._clock = clock
        self.delay: Callable[[], float | None] = _delay
        self._wanted = self._whole = self._waits = False
        self._timer: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------ what the device sees

    def looked(self, present: list[Peripheral]) -> None:
        """This is what is plugged in now."""
        with suppress(OSError):  # a full disk: in memory it is noted all the same
            if self.book.look(present, self._clock()) and self._wanted and self._timer is None:
                self._later(self.delay() or 0.0, self._flush)

    # ------------------------------------------------------------ what the server says

    def ready(self) -> None:
        """There is a connection."""
        if self.book.unsent:
            self._later(UNASKED, lambda: self.asked(False))

    def asked(self, wanted: bool) -> None:
        """The server wants to be told, or does not."""
        self._cancel()
        self._wanted = self._whole = wanted and self.delay() is not None
        with suppress(OSError):
            self.book.want(self._wanted)
        self._flush()

    def stored(self, message: AssetsStored) -> None:
        """The server has what it was told."""
        if message.journal != self.book.journal:
            return
        self._waits = False
        with suppress(OSError):
            self.book.stored(message.journal, message.sequence)
        if self._timer is None:
            self._flush()

    def lost(self) -> None:
        """The connection is gone."""
        self._cancel()
        self._wanted = self._whole = self._waits = False

    # ------------------------------------------------------------ inside

    def _flush(self) -> None:
        """Send what is next, unless an answer is awaited."""
        self._timer = None
        if self.delay() is None:
            self._wanted = False  # by a setting that came since the server asked
        if not self._wanted or self._waits:
            return
        if self.book.unsent:
            self._waits = True
            self._send(self._events())
        elif self._whole:
            self._waits, self._whole = True, False
            self._send(self._all())

    def _events(self) -> AssetEvents:
        events = self.book.unsent[:MAX_ASSET_EVENTS]
        while True:
            message = AssetEvents(self.book.journal, events[-1].sequence, events)
            if len(events) == 1 or len(encode(message)) <= LARGEST:
                return message
            events = events[: len(events) // 2]

    def _all(self) -> AssetEvents:
        present = self.book.present
        while True:
            message = AssetEvents(self.book.journal, self.book.sequence, [], present, self._clock())
            if len(encode(message)) <= LARGEST:
                return message
            present = present[: len(present) // 2]

    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        self._cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, what)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
