"""One WebSocket to a server: bytes in, messages out.

A plain asyncio protocol around the sans-I/O part of `websockets`, without a task and without a queue of its own, so
that a simulator can hold thousands of them.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from typing import Protocol
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake, InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from ums.domain.protocol import MAX_SERVER_FRAME

SOCKET_PATH = "/device-connector/device/ws-connect"
GOODBYE = 5.0
"""Seconds that the server has to answer a close frame."""

ABNORMAL = 1006
"""Close code for a connection that ended without a close frame (RFC 6455 §7.4.1)."""

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Listener(Protocol):
    """Who hears what happens on a connection."""

    def opened(self, connection: Connection) -> None:
        """The WebSocket is open."""

    def receive(self, frame: bytes) -> None:
        """A whole binary message arrived."""

    def lost(self, code: int, reason: str, retry_after: float) -> None:
        """The connection is gone; called exactly once for each connection that was made."""


def clean_server(url: str) -> str:
    """A server's base address without a path. Raises ValueError with a sentence for the user."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{url!r} is not an address: {error}") from error
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError(f"{url!r} is not an address like https://ums.example.com:8443")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError(f"{url!r} is not encrypted: use https:// (http:// is only for this machine itself)")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


class Connection(asyncio.Protocol):
    """A WebSocket client. Made by `connect`; ends with one call of `listener.lost`."""

    __slots__ = ("_closing", "_code", "_listener", "_parts", "_reason", "_retry_after", "_transport", "_ws", "received")

    def __init__(self, url: str, listener: Listener) -> None:
        self._ws = ClientProtocol(parse_uri(url), max_size=MAX_SERVER_FRAME)
        self._listener = listener
        self._transport: asyncio.Transport | None = None
        self._parts: list[bytes] = []
        self._closing: asyncio.TimerHandle | None = None
        self._code, self._reason, self._retry_after = ABNORMAL, "", 0.0
        self.received = 0.0

    # ------------------------------------------------------------ what the session does

    def send(self, frame: bytes) -> None:
        """Sends one binary message; does nothing when the connection is closing."""
        if self._ws.state is State.OPEN:
            self._ws.send_binary(frame)
            self._flush()

    def ping(self) -> None:
        """Asks for a sign of life; the answer moves `received`."""
        if self._ws.state is State.OPEN:
            self._ws.send_ping(b"")
            self._flush()

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Says goodbye; the connection is cut when the server does not answer within GOODBYE seconds."""
        if self._ws.state is State.OPEN:
            self._code, self._reason = code, reason
            self._ws.send_close(code, reason)
            self._flush()
            self._arm()
        elif self._ws.state is State.CONNECTING:
            self.abort(reason)

    def abort(self, reason: str = "") -> None:
        """Cuts the connection at once."""
        self._reason = self._reason or reason
        if self._transport is not None:
            self._transport.abort()

    # ------------------------------------------------------------ what the network does

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._ws.send_request(self._ws.connect())
        self._flush()

    def data_received(self, data: bytes) -> None:
        self.received = asyncio.get_running_loop().time()
        self._ws.receive_data(data)
        for event in self._ws.events_received():
            if isinstance(event, Frame):
                self._frame(event)
            elif self._ws.handshake_exc is None:
                self._listener.opened(self)
        self._flush()
        if self._ws.handshake_exc is not None:
            self._refused(self._ws.handshake_exc)
        elif self._ws.close_expected():
            self._arm()

    def eof_received(self) -> None:
        self._ws.receive_eof()

    def connection_lost(self, error: Exception | None) -> None:
        if self._closing is not None:
            self._closing.cancel()
        received = self._ws.close_rcvd
        if received is not None and self._code in (ABNORMAL, received.code):
            self._code, self._reason = int(received.code), received.reason
        elif not self._reason:
            self._reason = str(error) if error else "The server cut the connection."
        self._transport = None
        self._listener.lost(self._code, self._reason, self._retry_after)

    # ------------------------------------------------------------ inside

    def _frame(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.BINARY, Opcode.CONT):
            if frame.fin and not self._parts:
                self._listener.receive(bytes(frame.data))
                return
            self._parts.append(bytes(frame.data))
            if frame.fin:
                message, self._parts = b"".join(self._parts), []
                self._listener.receive(message)
        elif frame.opcode is Opcode.TEXT:
            self.close(1003, "Only binary messages are understood.")

    def _refused(self, error: Exception) -> None:
        self._reason = "The server did not open the socket."
        if isinstance(error, InvalidStatus):
            self._reason = f"The server did not open the socket: HTTP status {error.response.status_code}."
            try:
                self._retry_after = max(0.0, float(error.response.headers.get("Retry-After", 0)))
            except ValueError:
                self._retry_after = 60.0
        elif not isinstance(error, InvalidHandshake):
            self._reason = str(error)
        self.abort()

    def _flush(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        pieces: Iterable[bytes] = self._ws.data_to_send()
        finished = False
        for piece in pieces:
            if piece:
                transport.write(piece)
            else:
                finished = True  # the WebSocket is over; TLS has no half-closed state
        if finished:
            transport.close()

    def _arm(self) -> None:
        if self._closing is None:
            self._closing = asyncio.get_running_loop().call_later(GOODBYE, self.abort)


async def connect(server: str, listener: Listener, context: ssl.SSLContext) -> Connection:
    """Opens the device socket of a server (base address); names are resolved anew on each call. Raises OSError."""
    parts = urlsplit(server)
    secure = parts.scheme == "https"
    url = f"{'wss' if secure else 'ws'}://{parts.netloc}{SOCKET_PATH}"
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(
        lambda: Connection(url, listener),
        parts.hostname or "",
        parts.port or (443 if secure else 80),
        ssl=context if secure else None,
        server_hostname=parts.hostname if secure else None,
    )
    return connection
