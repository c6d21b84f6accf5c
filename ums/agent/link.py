"""Keeps one device connected: which server, when to try again, what to do before."""

from __future__ import annotations

import asyncio
import ssl
from abc import abstractmethod
from collections.abc import Iterable

from ums.domain.protocol import Close

from .backoff import HELD, RESTART_WITHIN, Backoff
from .connection import GOODBYE, clean_server, connect
from .est import EstError
from .session import Device, Ended, Session

READY_TIMEOUT = 45.0
"""Seconds from the start of a connection until the server must be ready (device-protocol.md §6, connect_timeout)."""

MOST_SERVERS = 32

REFUSED_DELAY = 60.0
"""Least seconds until a device asks again that was refused a certificate."""


class Servers:
    """The servers that a device may use: the configured one, and those it was told of, tried in turn."""

    __slots__ = ("_configured", "_current", "_known")

    def __init__(self, configured: str, known: Iterable[str] = ()) -> None:
        self._configured = configured
        self._known: tuple[str, ...] = (configured,)
        self._current = configured
        self.learn(known)

    @property
    def known(self) -> tuple[str, ...]:
        """All of them, in the order in which they are tried."""
        return self._known

    @property
    def current(self) -> str:
        """The one to try now."""
        return self._current

    def learn(self, told: Iterable[str]) -> bool:
        """Takes the list of `Ready.servers`; the configured server always stays. True when something changed."""
        servers = []
        for url in told:
            try:
                servers.append(clean_server(url))
            except ValueError:
                continue  # one bad entry must not cut the device off
        if not servers:
            return False
        merged = tuple(dict.fromkeys([*servers[: MOST_SERVERS - 1], self._configured]))
        changed, self._known = merged != self._known, merged
        return changed

    def next(self) -> None:
        """The current one failed: try the one after it."""
        place = self._known.index(self._current) + 1 if self._current in self._known else 0
        self._current = self._known[place % len(self._known)]


class LinkedDevice(Device):
    """A device that a link keeps connected."""

    __slots__ = ()

    @abstractmethod
    async def prepare(self, server: str) -> None:
        """Before each attempt: enrol or renew when needed. Raises EstError, OSError (not stored)."""

    def disconnected(self, ended: Ended, delay: float) -> None:
        """The connection ended, or was not made (then `ended.code` is 0); next attempt in `delay` seconds."""

    def refused(self, error: EstError, delay: float) -> None:
        """The server gave no certificate; next attempt in `delay` seconds."""


class Link:
    """Runs one device until it is cancelled."""

    __slots__ = ("_backoff", "_context", "_device", "servers")

    def __init__(self, device: LinkedDevice, servers: Servers, context: ssl.SSLContext, backoff: Backoff) -> None:
        self._device = device
        self._context = context
        self._backoff = backoff
        self.servers = servers

    async def run(self) -> None:
        """Connects, and connects again, until the task is cancelled; then closes the connection properly."""
        while True:
            server = self.servers.current
            try:
                await self._device.prepare(server)
            except (EstError, OSError) as failure:
                error = failure if isinstance(failure, EstError) else EstError(f"The identity is not stored: {failure}")
                floor = max(error.retry_after, REFUSED_DELAY if error.permanent else 0.0)
                delay = self._backoff.after_failure(floor)
                self.servers.next()
                self._device.refused(error, delay)
                await asyncio.sleep(delay)
                continue
            ended = await self._attempt(server)
            delay = self._delay_after(ended)
            self._device.disconnected(ended, delay)
            await asyncio.sleep(delay)

    async def _attempt(self, server: str) -> Ended:
        session = Session(self._device)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + READY_TIMEOUT
        try:
            async with asyncio.timeout_at(deadline):
                connection = await connect(server, session, self._context)
        except TimeoutError:
            return Ended(0, "The server did not answer in time.", ready=False, held=0.0)
        except OSError as error:  # includes ssl.SSLError and names that cannot be resolved
            return Ended(0, explain(error), ready=False, held=0.0)
        watch = loop.call_at(deadline, _cut_unless_ready, session)
        try:
            return await session.ended
        except asyncio.CancelledError:
            connection.close(1001, "The agent stops.")
            await asyncio.wait([session.ended], timeout=GOODBYE)
            connection.abort()
            raise
        finally:
            watch.cancel()

    def _delay_after(self, ended: Ended) -> float:
        if ended.delay is not None:
            self._backoff.reset()
            return ended.delay
        self.servers.next()
        if ended.within is not None:
            return self._backoff.after_restart(ended.within)
        if ended.code == Close.RESTART:
            return self._backoff.after_restart(RESTART_WITHIN)
        if ended.held >= HELD:
            self._backoff.reset()
        floor = ended.retry_after
        try:
            floor = max(floor, Close(ended.code).retry_after)
        except ValueError:
            pass  # a code of WebSocket itself
        return self._backoff.after_failure(floor)


def explain(error: OSError) -> str:
    """One clear sentence about why a server was not reached."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The server's certificate is not trusted: {error.verify_message}."
    if isinstance(error, ssl.SSLError):
        return f"TLS with the server failed: {error.reason or error}."
    return f"The server cannot be reached: {error.strerror or error}."


def _cut_unless_ready(session: Session) -> None:
    if not session.ready:
        session.abort("The server did not say ready in time.")
