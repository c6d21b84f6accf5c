"""What every UMS Server does, whoever starts it: put right what an earlier life left, serve, and drain at the end."""

from __future__ import annotations

import asyncio
import resource
import signal
import ssl
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import uvicorn
from websockets.exceptions import InvalidState

from ums.project.prepare import StartError, database

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ums.project.network import Membership
    from ums.project.renewal import Renewal
    from ums.project.tls import ServerFiles


FAREWELL = 3.0
"""Seconds for answers on their way, once devices have been drained."""


def load(data: Path, *, migrate: bool = True) -> None:
    """Read the settings, and bring the database up to date (`migrate`). Raises StartError."""
    # Each connected device is an open file; shells allow 1,024.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        import django

        django.setup()
    except OSError as error:
        raise StartError(f"The data directory {data} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise StartError(f"{error}.") from error
    if migrate:
        database()


def put_right() -> None:
    """A server that starts knows no connection: what an earlier life claimed is put right before anybody looks."""
    from django.conf import settings

    from ums.core.actor import SYSTEM
    from ums.devices.models import Presence
    from ums.devices.services import presence_lost
    from ums.profiles.services import builtin_catalogues_store

    builtin_catalogues_store(actor=SYSTEM)
    presence_lost()
    if settings.UMS_EMBEDDED_DATABASE:
        for server in Presence.objects.filter(connected=True).order_by().values_list("server", flat=True).distinct():
            presence_lost(server=server)


def configuration(files: ServerFiles) -> uvicorn.Config:
    """How uvicorn serves. Raises OSError, ssl.SSLError for TLS files that cannot be used."""
    config = uvicorn.Config(
        "ums.project.asgi:application",
        log_config=None,
        lifespan="on",
        ws="websockets-sansio",
        ws_ping_interval=None,
        ws_max_size=256 * 1024,
        ws_per_message_deflate=False,
        h11_max_incomplete_event_size=64 * 1024,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=5,
        backlog=2048,
        server_header=False,
        proxy_headers=False,
        ssl_certfile=str(files.certificate),
        ssl_keyfile=str(files.key),
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
    )
    config.load()
    assert config.ssl is not None
    config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    return config


class Server(uvicorn.Server):
    """Drains devices before it closes sockets: they are told to come back, and when."""

    on_started: Callable[[], None] | None = None

    def __init__(self, configuration: uvicorn.Config, membership: Membership, renewal: Renewal) -> None:
        super().__init__(configuration)
        self._membership = membership
        self._renewal = renewal

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGTERM and Ctrl-C end the server in order. uvicorn would raise them once more when it is done, and the
        process would die of the signal before it has stopped what else runs in it."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._membership.started(asyncio.get_running_loop())
            assert self.config.ssl is not None
            self._renewal.serve_with(asyncio.get_running_loop(), self.config.ssl)
            self._renewal.start()
            if self.on_started:
                self.on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        from ums.connector import runtime
        from ums.feeds.stream import streams

        streams.end()
        self._renewal.stop()
        self._membership.ending()
        await asyncio.sleep(self._membership.notice)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(runtime.stop(drain=True), 15)
        for server in self.servers:
            server.close()
        await self._close_connections()
        # While there is a bus that tells the others; it ends with the application.
        await asyncio.to_thread(self._membership.ended)
        await super().shutdown(sockets)

    async def _close_connections(self) -> None:
        """Ask what is still connected to end, then cut: a peer that went away without a TLS farewell is not waited
        for, and a socket that is closing by itself is no reason to stop half-way."""
        for connection in list(self.server_state.connections):
            with suppress(InvalidState):
                connection.shutdown()
        end = time.monotonic() + FAREWELL
        while self.server_state.connections and time.monotonic() < end:
            await asyncio.sleep(0.05)
        for connection in list(self.server_state.connections):
            self.server_state.connections.discard(connection)
            if connection.transport is not None:
                connection.transport.abort()
