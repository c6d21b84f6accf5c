"""This server as a process of the network: its row, its heartbeat, its bus."""

from __future__ import annotations

import asyncio
import socket
import time
import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection

from ha import bus
from ha.balancer.trust import BalancerWatch
from ha.bus.database import DatabaseCarrier
from ha.bus.layer import deliver_to
from ha.bus.redis import RedisCarrier
from ha.heartbeat import Heartbeat
from ha.nodefile import NodeFile
from ha.services import Figures, Identity, network_ensure, node_ensure
from ums import __version__
from ums.connector import runtime
from ums.core.middleware import trust_balancers
from ums.core.private import write_private
from ums.domain.processes import ProcessType, ServiceStatus
from ums.files.store import synchroniser

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ha.bus.bus import Carrier

ID_FILE = "node.id"

HANGS_AFTER = 15.0
"""Seconds without a turn of the event loop after which a server does not count as there."""

NOTICE = 1.5
"""Seconds: a look at the rows each second if no message comes, and what it takes to carry it out."""


def local_node(data: Path, bind: str, port: int) -> NodeFile:
    """This host's part in the network: node.toml, or for a server by itself what follows from how it was started.

    Raises OSError when the data directory cannot be written.
    """
    if settings.UMS_NODE:
        node: NodeFile = settings.UMS_NODE
        return node
    path = data / ID_FILE
    if not path.exists():
        write_private(path, f"{uuid.uuid4()}\n")
    return NodeFile(
        id=path.read_text().strip(),
        network="",
        name=socket.gethostname(),
        address=bind,
        bind=bind,
        server=True,
        balancer=False,
        web_port=port,
        device_port=port,
        balancer_port=0,
        database_url="",
    )


class Membership:
    """From `started` to `ended` the server has a row that others see, and hears them."""

    def __init__(self, node: NodeFile) -> None:
        network_ensure()
        row = node_ensure(node=node)
        identity = Identity(
            id=node.id,
            type=ProcessType.SERVER,
            node_id=row.pk,
            host=node.name,
            life=settings.UMS_PROCESS_ID,
            version=__version__,
        )
        self._heartbeat = Heartbeat(identity, figures=_figures, alive=self._turns, reborn=self._reborn, judges=True)
        self._balancers = BalancerWatch(trust_balancers)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turned = 0.0

    def started(self, loop: asyncio.AbstractEventLoop) -> None:
        """The server serves."""
        self._loop = loop
        self._turn()
        self._heartbeat.start()
        if connection.vendor == "postgresql":
            self._balancers.start()
        synchroniser.start(uuid.UUID(settings.UMS_NODE.id) if settings.UMS_NODE else None)

    def ending(self) -> None:
        """The server drains: nothing new is wanted."""
        self._heartbeat.say(ServiceStatus.STOPPING)

    @property
    def notice(self) -> float:
        """Seconds that load balancers need to learn that the server ends, so that no request is on its way then."""
        return NOTICE if self._balancers.found else 0.0

    def ended(self) -> None:
        """The server has stopped."""
        synchroniser.stop()
        self._balancers.stop()
        if self._loop is not None:
            self._heartbeat.stop()

    def _turn(self) -> None:
        self._turned = time.monotonic()
        if self._loop is not None:
            self._loop.call_later(1.0, self._turn)

    def _turns(self) -> bool:
        return time.monotonic() - self._turned < HANGS_AFTER

    def _reborn(self, life: str) -> None:
        if self._loop is not None and (held := runtime.current()):
            asyncio.run_coroutine_threadsafe(held.reborn(life), self._loop)


def start_bus(process: str, loop: asyncio.AbstractEventLoop) -> None:
    """Hear other processes in `loop`. With an embedded database there are none."""
    join_bus(process, deliver=lambda kind, body: deliver_to(loop, kind, body), missed=lambda: _look(loop))


def join_bus(
    process: str,
    *,
    deliver: Callable[[str, Any], None] = lambda kind, body: None,
    missed: Callable[[], None] = lambda: None,
) -> None:
    """Send to other processes, and hear them in some thread. With an embedded database there are none."""
    if connection.vendor != "postgresql":
        return
    carriers: list[Carrier] = [RedisCarrier(settings.UMS_REDIS_URL)] if settings.UMS_REDIS_URL else []
    carriers.append(DatabaseCarrier(connection.get_connection_params))
    bus.start(bus.Bus(process=process, carriers=carriers, deliver=deliver, missed=missed))


def _look(loop: asyncio.AbstractEventLoop) -> None:
    """Messages may have been missed: what they were about is found by looking."""
    if (held := runtime.current()) and not loop.is_closed():
        loop.call_soon_threadsafe(held.look)


def _figures() -> Figures:
    held = runtime.current()
    return Figures(
        connected=len(held.links) if held else 0,
        waiting=len(held.waiting) if held else 0,
        bus=bus.carrier_name(),
    )
