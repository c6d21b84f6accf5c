"""Certificates are renewed while a server or load balancer runs: 13 months pass without a restart."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from ums.core.errors import AppError
from ums.project.tls import server_files

if TYPE_CHECKING:
    import asyncio
    import ssl
    from pathlib import Path

    from ums.project.tls import ServerFiles

log = structlog.get_logger("ums.renewal")

AGAIN = 600.0
"""Seconds after which a check that has failed is done again."""


class Renewal(Thread):
    """Looks at the certificate in the data directory each day, and makes a new one in time. On a node with server and
    load balancer both look: the first makes it, the other takes it over.

    HAProxy's files are watched by the balancer; a server's new connections get the new chain after `serve_with`.
    """

    def __init__(self, data: Path, bind: str, address: str = "") -> None:
        super().__init__(name="renewal", daemon=True)
        self._data, self._bind, self._address = data, bind, address
        self._every = float(settings.UMS_RENEWAL_CHECK)
        self._shown = _read(data / "tls" / "server.pem")
        self._serving: tuple[asyncio.AbstractEventLoop, ssl.SSLContext] | None = None
        self._ended = Event()

    def serve_with(self, loop: asyncio.AbstractEventLoop, context: ssl.SSLContext) -> None:
        """Load new certificates into the context of a server that runs. Before `start`."""
        self._serving = loop, context

    def run(self) -> None:
        """Until stopped. While the database is away nothing happens: a month is left."""
        while not self._ended.is_set():
            pause = self._every
            try:
                self.check()
            except (DatabaseError, InterfaceError, AppError, OSError, ValueError) as error:
                log.warning("certificate_not_renewed", error=str(error).strip().partition("\n")[0])
                pause = min(pause, AGAIN)
            connection.close()
            self._ended.wait(pause)

    def check(self) -> None:
        """Once. Raises DatabaseError, AppError `wrong_master_key`, OSError, ValueError."""
        files = server_files(self._data, self._bind, self._address)
        chain = files.certificate.read_text()
        if chain != self._shown:
            self._show(files)
            self._shown = chain
            log.info("certificate_renewed", file=str(files.certificate))

    def stop(self) -> None:
        """End the thread, without waiting for it."""
        self._ended.set()

    def _show(self, files: ServerFiles) -> None:
        if self._serving is None:
            return
        loop, context = self._serving
        # In the thread of the loop, where all handshakes are: none sees the new chain with the old key.
        loop.call_soon_threadsafe(context.load_cert_chain, files.certificate, files.key)


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
