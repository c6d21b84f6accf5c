"""The bus of one process: a thread that sends, one that listens for each carrier."""

from __future__ import annotations

import itertools
import queue
import secrets
import time
from collections import OrderedDict
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

import structlog

from ha.bus.wire import Envelope, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    class Carrier(Protocol):
        """Carries texts to all processes that listen."""

        name: str

        def send(self, text: str) -> None: ...
        def listen(self, deliver: Callable[[str], None], heard: Callable[[bool], None], ended: Event) -> None: ...
        def close(self) -> None: ...


log = structlog.get_logger("ha.bus")

MAX_WAITING = 10_000
"""Messages that wait to be sent; more are dropped, and what they were about is found by looking."""

REMEMBERED = 10_000
"""Ids of messages that came: the same message may come over both carriers."""


class BusTimeout(Exception):
    """Nobody answered a ping in time."""


class Bus:
    """`carriers`: the preferred one first. `deliver` gets kind and body of each message of others, in some thread.

    `missed` is called when a carrier is heard again after a pause: messages may have passed meanwhile.
    """

    def __init__(
        self,
        *,
        process: str,
        carriers: Sequence[Carrier],
        deliver: Callable[[str, Any], None],
        missed: Callable[[], None] = lambda: None,
    ) -> None:
        self.process = process
        self.everybody_hears_first = True
        self._carriers = list(carriers)
        self._deliver, self._missed = deliver, missed
        self._hearing = {carrier.name: False for carrier in carriers}
        self._failed_at: dict[str, float] = {}
        self._ended = Event()
        self._waiting: queue.Queue[Envelope | None] = queue.Queue(MAX_WAITING)
        self._numbers = itertools.count()
        self._life = secrets.token_hex(6)
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()
        self._pings: dict[str, Event] = {}
        self._threads: list[Thread] = []

    @property
    def first(self) -> str:
        """Name of the preferred carrier."""
        return self._carriers[0].name

    @property
    def carrier(self) -> str:
        """Name of the carrier that messages take now: the first that is heard; "" when none is."""
        return next((carrier.name for carrier in self._carriers if self._hearing[carrier.name]), "")

    def start(self) -> None:
        """Start the threads."""
        self._threads = [Thread(target=self._send_all, name="bus-send", daemon=True)]
        for carrier in self._carriers:
            self._threads.append(Thread(target=self._listen, args=(carrier,), name=f"bus-{carrier.name}", daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self, *, seconds: float = 2.0) -> None:
        """Send what waits, then end the threads."""
        self._put(None)
        end = time.monotonic() + seconds
        self._threads[0].join(seconds)
        self._ended.set()
        for thread in self._threads[1:]:
            thread.join(max(0.1, end - time.monotonic()))
        for carrier in self._carriers:
            carrier.close()

    # ------------------------------------------------------------ sending

    def send(self, kind: str, body: Any, *, to: str = "") -> None:
        """Send to all other processes, or to one. Never waits."""
        self._put(self._envelope(kind, body, to))

    def ping(self, process: str, *, seconds: float = 5.0) -> float:
        """Seconds that a message takes to a process and back. Raises BusTimeout."""
        ping = self._envelope("ping", None, process)
        came = self._pings[ping.id] = Event()
        began = time.perf_counter()
        self._put(ping)
        try:
            if not came.wait(seconds):
                raise BusTimeout(f"{process} did not answer within {seconds:g} s.")
            return time.perf_counter() - began
        finally:
            del self._pings[ping.id]

    def _envelope(self, kind: str, body: Any, to: str) -> Envelope:
        return Envelope(f"{self._life}-{next(self._numbers)}", self.process, kind, body, to)

    def _put(self, envelope: Envelope | None) -> None:
        try:
            self._waiting.put_nowait(envelope)
        except queue.Full:
            log.warning("bus_full")

    def _send_all(self) -> None:
        while (envelope := self._waiting.get()) is not None:
            self._send(pack(envelope))

    def _send(self, text: str) -> None:
        """Over the first carrier that takes it; over all while somebody does not hear the first."""
        taken = False
        for carrier in self._usable():
            try:
                carrier.send(text)
            except Exception as error:
                self._failed(carrier, error)
                continue
            taken = True
            if self.everybody_hears_first:
                return
        if not taken:
            log.warning("bus_silent")

    def _usable(self) -> list[Carrier]:
        """Those that answer, in order; when none seems to, the last one is tried all the same."""
        now = time.monotonic()
        usable = [
            carrier
            for carrier in self._carriers
            if self._hearing[carrier.name] and now - self._failed_at.get(carrier.name, -1.0) > 1.0
        ]
        return usable or self._carriers[-1:]

    def _failed(self, carrier: Carrier, error: Exception) -> None:
        self._failed_at[carrier.name] = time.monotonic()
        log.warning("bus_carrier_failed", carrier=carrier.name, error=str(error).strip().partition("\n")[0])

    # ------------------------------------------------------------ hearing

    def _listen(self, carrier: Carrier) -> None:
        def heard(does: bool) -> None:
            before, self._hearing[carrier.name] = self._hearing[carrier.name], does
            if does != before:
                log.info("bus_carrier", carrier=carrier.name, heard=does)
                self._missed()

        while not self._ended.is_set():
            try:
                carrier.listen(self._came, heard, self._ended)
            except Exception:
                log.exception("bus_listening_failed", carrier=carrier.name)
                heard(False)
                self._ended.wait(1.0)

    def _came(self, text: str) -> None:
        envelope = unpack(text)
        if envelope is None or envelope.sender == self.process or envelope.to not in {"", self.process}:
            return
        with self._lock:
            if envelope.id in self._seen:
                return
            self._seen[envelope.id] = None
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        if envelope.kind == "ping":
            self.send("pong", envelope.id, to=envelope.sender)
        elif envelope.kind == "pong":
            if waiting := self._pings.get(str(envelope.body)):
                waiting.set()
        else:
            self._deliver(envelope.kind, envelope.body)


_bus: Bus | None = None


def current() -> Bus | None:
    """The bus of this process; None when it has none (embedded database, a single server)."""
    return _bus


def carrier_name() -> str:
    """Name of the carrier that messages of this process take now; "" when none is heard, or there is no bus."""
    return _bus.carrier if _bus else ""


def start(bus: Bus) -> Bus:
    """Make it the bus of this process, and start it."""
    global _bus
    _bus = bus
    bus.start()
    return bus


def stop() -> None:
    """End the bus of this process, if it has one."""
    global _bus
    bus, _bus = _bus, None
    if bus is not None:
        bus.stop()
