"""`ums worker`: the task worker and beat of a node (docs/adr/0007)."""

from __future__ import annotations

import os
import signal
import time
import uuid
from threading import Event
from typing import TYPE_CHECKING

from ums.project.node.programs import program

if TYPE_CHECKING:
    from pathlib import Path

    from ha.nodefile import NodeFile


def worker() -> int:
    """Work until SIGTERM or Ctrl-C. Returns the exit code; a failed start is one line on stderr."""
    return program("worker", _work, migrate=True)


def _work(data: Path, node: NodeFile) -> int:
    from django.conf import settings

    from ha import bus
    from ha.heartbeat import Heartbeat
    from ha.services import Figures, Identity, network_ensure, node_ensure
    from ums import __version__
    from ums.domain.processes import ProcessType, ServiceStatus
    from ums.project.network import join_bus
    from ums.project.status import status
    from ums.project.worker import EmbeddedWorker

    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    network_ensure()
    node_ensure(node=node)
    identity = Identity(
        id=f"ums-worker-{os.getpid()}-{int(time.time() * 1000)}-0-0",
        type=ProcessType.WORKER,
        node_id=uuid.UUID(node.id),
        host=node.name,
        life=settings.UMS_PROCESS_ID,
        version=__version__,
    )
    heartbeat = Heartbeat(identity, figures=lambda: Figures(bus=bus.carrier_name()), alive=status.worker_works)
    tasks = EmbeddedWorker(data / "celery-schedule")
    join_bus(settings.UMS_PROCESS_ID)
    tasks.start()
    status.serving()
    heartbeat.start()
    ended.wait()
    heartbeat.say(ServiceStatus.STOPPING)
    tasks.stop()
    heartbeat.stop()
    bus.stop()
    return 0
