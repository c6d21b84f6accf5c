"""The protocol from the device's side (docs/device-protocol.md), for one connection.

A state machine without I/O of its own: frames come in by `receive`, messages leave through the connection. The agent
and the simulator differ only in their `Device`.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

from ums.domain.protocol import (
    Applied,
    Ask,
    AssetsStored,
    Close,
    Command,
    CommandResult,
    Confirmed,
    DeviceMessage,
    Heartbeat,
    Hello,
    LoggedOut,
    LoginResult,
    Nudge,
    ProtocolError,
    Ready,
    Reconnect,
    Settings,
    TellAssets,
    Unchanged,
    Welcome,
    decode_server,
    encode,
)

from .asset_book import AssetBook
from .assets import Assets
from .connection import Connection
from .journal import Journal
from .users import Users

ASK_TIMEOUT = 30.0
"""Seconds after which an ask without an answer is asked again at the next nudge."""

LEAST_HEARTBEAT = 5.0
"""Seconds; a server cannot make its devices beat faster."""


PATIENCE = 5.0
"""Seconds beyond two heartbeats after which a silent server counts as gone."""


class Device(ABC):
    """What a session needs of the device it speaks for. Outlives its sessions."""

    __slots__ = ("assets", "drift", "journal", "session", "unreported", "users")

    def __init__(self, journal: Journal, book: AssetBook) -> None:
        self.journal = journal
        self.drift = 0.0
        """Seconds that the server's clock is ahead of this machine's."""
        self.assets = Assets(self.send, book, self.server_time)
        self.users = Users(self.send)
        self.session: Session | None = None
        self.unreported: Applied | None = None

    @property
    @abstractmethod
    def tag(self) -> str:
        """Tag of the settings that the device has."""

    @abstractmethod
    def hello(self, welcome: Welcome) -> Hello:
        """The first message, with a proof made for this welcome."""

    @abstractmethod
    def reports(self, ready: Ready) -> Iterable[DeviceMessage]:
        """The server accepted the device: what to tell it (inventory, local settings)."""

    @abstractmethod
    def apply(self, settings: Settings) -> None:
        """Start to apply settings; `report_applied` ends it."""

    @abstractmethod
    def execute(self, command: Command) -> None:
        """Start to carry out a command; `report_result` ends it."""

    @abstractmethod
    def measured(self, what: str, seconds: float) -> None:
        """Something took a time: "ready" since connecting, "applied" since the nudge."""

    def server_time(self) -> float:
        """Unix seconds by the server's clock."""
        return time.time() + self.drift

    def send(self, message: DeviceMessage) -> None:
        """Sends a message when there is a connection."""
        if self.session is not None:
            self.session.send(message)

    def report_applied(self, applied: Applied) -> None:
        """Tells the server now, or after the next hello when there is no connection."""
        if self.session is not None:
            self.session.applied(applied)
        else:
            self.unreported = applied

    def report_result(self, result: CommandResult) -> None:
        """Keeps the result until it is confirmed, and tells the server when there is a connection."""
        self.journal.finish(result)
        if self.session is not None:
            self.session.send(result)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a session ended. `delay`: come back after exactly that; `within`: at random within that many seconds."""

    code: int
    reason: str
    ready: bool
    held: float
    retry_after: float = 0.0
    within: float | None = None
    delay: float | None = None


class Phase(Enum):
    """What the session waits for."""

    WELCOME = 1
    READY = 2
    OPEN = 3
    OVER = 4


class Session:
    """One connection of one device, from the welcome to the close."""

    __slots__ = (
        "_again",
        "_applying",
        "_asked",
        "_beat",
        "_connection",
        "_delay",
        "_device",
        "_heartbeat",
        "_loop",
        "_nudged",
        "_opened",
        "_phase",
        "_started",
        "_within",
        "answers",
        "ended",
    )

    def __init__(self, device: Device) -> None:
        self._loop = asyncio.get_running_loop()
        self._device = device
        self._connection: Connection | None = None
        self._phase = Phase.WELCOME
        self._started = self._loop.time()
        self._opened = 0.0
        self._asked = 0.0
        self._nudged = 0.0
        self._applying = False
        self._again = 0.0
        self._heartbeat = 60.0
        self._beat: asyncio.TimerHandle | None = None
        self._within: float | None = None
        self._delay: float | None = None
        self.answers = 0
        """How often the server said which settings the device should have."""
        self.ended: asyncio.Future[Ended] = self._loop.create_future()

    # ------------------------------------------------------------ what the device does

    @property
    def ready(self) -> bool:
        """Whether the server accepted the device on this connection."""
        return self._phase is Phase.OPEN

    def send(self, message: DeviceMessage) -> None:
        """Sends a message; does nothing before the server is ready or after the end."""
        if self._phase is Phase.OPEN:
            self._write(message)

    def ask(self) -> None:
        """Asks for the settings: at once, or after the answer that is awaited or being applied."""
        now = self._loop.time()
        if self._applying or (self._asked and now - self._asked < ASK_TIMEOUT):
            self._again = self._again or now
            return
        self._nudged = self._nudged or now
        self._asked = now
        self.send(Ask(tag=self._device.tag))

    def applied(self, applied: Applied) -> None:
        """The device applied settings, or could not."""
        self.send(applied)
        self._applying = False
        if self._nudged:
            self._device.measured("applied", self._loop.time() - self._nudged)
        self._settled()

    def leave(self, delay: float) -> None:
        """Closes the connection; the device comes back after `delay` seconds."""
        self._delay = delay
        self.close("The device goes away.")

    def close(self, reason: str, code: int = 1000) -> None:
        """Says goodbye."""
        if self._connection is not None:
            self._connection.close(code, reason)

    def abort(self, reason: str) -> None:
        """Cuts the connection without a goodbye."""
        if self._connection is not None:
            self._connection.abort(reason)

    # ------------------------------------------------------------ what the connection does

    def opened(self, connection: Connection) -> None:
        """The WebSocket is open; the server speaks first."""
        self._connection = connection

    def receive(self, frame: bytes) -> None:
        """One frame of the server. A wrong one closes the connection."""
        try:
            message = decode_server(frame)
            if message is None or self._phase is Phase.OVER:
                return
            phase, handler = self._HANDLERS[type(message)]
            if phase is not self._phase:
                raise ProtocolError(f"{type(message).__name__} came in the wrong order")
            handler(self, message)
        except ProtocolError as error:
            self.close(str(error)[:100], Close.BAD_MESSAGE)

    def lost(self, code: int, reason: str, retry_after: float) -> None:
        """The connection is gone."""
        now = self._loop.time()
        was_ready, self._phase = self._phase is Phase.OPEN, Phase.OVER
        self._connection = None
        if self._beat is not None:
            self._beat.cancel()
        if self._device.session is self:
            self._device.session = None
            self._device.users.options = None
            self._device.assets.lost()
        held = now - self._opened if was_ready else 0.0
        if not self.ended.done():
            self.ended.set_result(Ended(code, reason, was_ready, held, retry_after, self._within, self._delay))

    # ------------------------------------------------------------ messages of the server

    def _welcome(self, message: Welcome) -> None:
        self._phase = Phase.READY
        self._write(self._device.hello(message))

    def _ready(self, message: Ready) -> None:
        self._phase = Phase.OPEN
        self._opened = self._loop.time()
        device = self._device
        device.session = self
        device.measured("ready", self._opened - self._started)
        self._heartbeat = max(LEAST_HEARTBEAT, message.heartbeat)
        self._beat = self._loop.call_later(self._heartbeat, self._tick)
        unreported, device.unreported = device.unreported, None
        if unreported is not None and unreported.tag == device.tag:
            self._write(unreported)
        for report in device.reports(message):
            self._write(report)
        for result in device.journal.unconfirmed():
            self._write(result)
        device.users.ready(message.login, device.tag)
        device.assets.ready()
        if not message.unchanged:
            self.ask()

    def _unchanged(self, message: Unchanged) -> None:
        self.answers += 1
        self._asked = 0.0
        self._settled()

    def _settings(self, message: Settings) -> None:
        self.answers += 1
        self._asked = 0.0
        self._applying = True
        self._device.apply(message)

    def _nudge(self, message: Nudge) -> None:
        self.ask()

    def _command(self, message: Command) -> None:
        if self._device.journal.begin(message.id):
            self._device.execute(message)
        elif result := self._device.journal.result(message.id):
            self._write(result)

    def _confirmed(self, message: Confirmed) -> None:
        self._device.journal.confirm(message.id)

    def _login_result(self, message: LoginResult) -> None:
        self._device.users.answered(message)

    def _logged_out(self, message: LoggedOut) -> None:
        self._device.users.logged_out(message)

    def _tell_assets(self, message: TellAssets) -> None:
        self._device.assets.asked(message.wanted)

    def _assets_stored(self, message: AssetsStored) -> None:
        self._device.assets.stored(message)

    def _reconnect(self, message: Reconnect) -> None:
        self._within = message.within
        self.close("Asked to reconnect.")

    # ------------------------------------------------------------ inside

    def _settled(self) -> None:
        self._nudged, self._again = self._again, 0.0
        if self._nudged:
            self.ask()

    def _tick(self) -> None:
        """Sends the heartbeat, and cuts a connection from which nothing has come for two of them."""
        connection = self._connection
        if connection is None:
            return
        silence = self._loop.time() - connection.received
        if silence > 2 * self._heartbeat + PATIENCE:
            connection.abort("The server is silent.")
            return
        self._write(Heartbeat())
        if silence > 0.9 * self._heartbeat:
            connection.ping()
        self._beat = self._loop.call_later(self._heartbeat, self._tick)

    def _write(self, message: DeviceMessage) -> None:
        if self._connection is not None:
            self._connection.send(encode(message))

    _HANDLERS: ClassVar[dict[type, tuple[Phase, Callable[[Session, Any], None]]]] = {
        Welcome: (Phase.WELCOME, _welcome),
        Ready: (Phase.READY, _ready),
        Unchanged: (Phase.OPEN, _unchanged),
        Settings: (Phase.OPEN, _settings),
        Nudge: (Phase.OPEN, _nudge),
        Command: (Phase.OPEN, _command),
        Confirmed: (Phase.OPEN, _confirmed),
        Reconnect: (Phase.OPEN, _reconnect),
        LoginResult: (Phase.OPEN, _login_result),
        LoggedOut: (Phase.OPEN, _logged_out),
        TellAssets: (Phase.OPEN, _tell_assets),
        AssetsStored: (Phase.OPEN, _assets_stored),
    }
