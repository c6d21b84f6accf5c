"""Which servers the network has: read from its rows, and kept in a file for a start without the database."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import asdict
from threading import Event, Thread
from typing import TYPE_CHECKING

import structlog
from django.db import DatabaseError, InterfaceError, connection

from ha.balancer.names import addresses_of
from ha.balancer.plan import Server, Want, Wanted, serving
from ha.clock import database_now
from ha.models import Process
from ums.core.private import write_private
from ums.domain.processes import ALIVE, Mode, ProcessType, ServiceStatus, is_suspect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = structlog.get_logger("ha.balancer")

LOOK_EVERY = 1.0
"""Seconds between two looks at the rows; a message of the bus comes before."""

PLAIN = re.compile(r"[0-9A-Za-z_.:-]+")
"""What may stand in HAProxy's configuration as a name or an address."""


def servers_wanted() -> list[Wanted]:
    """The servers of the network, in a fixed order. Those that have stopped are not there. Raises DatabaseError."""
    now = database_now()
    rows = Process.objects.filter(type=ProcessType.SERVER).select_related("node").order_by("node_id")
    wanted = []
    for row in rows:
        if row.status != ServiceStatus.LOST and row.status not in ALIVE:
            continue
        server = _server(row)
        if server is not None:
            wanted.append(Wanted(server, _want(row, (now - row.timestamp).total_seconds())))
    return wanted


def _want(row: Process, age: float) -> Want:
    if row.status == ServiceStatus.LOST:
        return Want.LOST
    if row.status != ServiceStatus.RUNNING or row.mode != Mode.NORMAL:
        return Want.DRAIN
    return Want.SUSPECT if is_suspect(row.status, age) else Want.READY


def _server(row: Process) -> Server | None:
    """As HAProxy reaches it; None when its address is none."""
    if not PLAIN.fullmatch(row.pk) or not PLAIN.fullmatch(row.node.address):
        log.warning("server_unusable", process=row.pk, address=row.node.address)
        return None
    addresses = addresses_of(row.node.address)
    if not addresses:
        return None
    address = addresses[0]
    # HAProxy compares names, not addresses; each certificate of the network has this one.
    name = "localhost" if address == row.node.address else row.node.address
    return Server(row.pk, name, address, row.node.device_port)


class KnownServers:
    """The servers that got new work at last, in a file that only its owner reads."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> list[Server]:
        """What was stored; nothing when there is no such file, or none that can be read."""
        try:
            return [Server(**entry) for entry in json.loads(self._path.read_text())]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError) as error:
            log.warning("known_servers_unreadable", path=str(self._path), error=str(error))
            return []

    def store(self, servers: list[Server]) -> None:
        """Store them. Raises OSError."""
        write_private(self._path, json.dumps([asdict(server) for server in servers], indent=1) + "\n")


class Lookout(Thread):
    """Looks at the rows each second and when it is woken. `wanted` stays as it is while the database is away.

    `found` is called once, in this thread, when the database answers for the first time.
    """

    def __init__(self, known: list[Server], found: Callable[[], None]) -> None:
        super().__init__(name="lookout", daemon=True)
        self.wanted = [Wanted(server, Want.READY) for server in known]
        self._found = found
        self._woken, self._ended = Event(), Event()

    def run(self) -> None:
        """Look until stopped. An outage of the database is logged once."""
        failing = greeted = False
        while not self._ended.is_set():
            self._woken.clear()
            try:
                if not greeted:
                    self._found()
                    greeted = True
                self.wanted = servers_wanted()
                failing = False
            except (DatabaseError, InterfaceError) as error:
                if not failing:
                    log.warning("servers_unknown", error=str(error).strip().partition("\n")[0])
                failing = True
                with suppress(DatabaseError, InterfaceError):
                    connection.close()
            self._woken.wait(LOOK_EVERY)
        connection.close()

    def wake(self) -> None:
        """Look now. From any thread."""
        self._woken.set()

    def stop(self, *, seconds: float = 2.0) -> None:
        """End the thread."""
        self._ended.set()
        self._woken.set()
        self.join(seconds)

    @property
    def serving(self) -> list[Server]:
        """Those that get new work."""
        return serving(self.wanted)
