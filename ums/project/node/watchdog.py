"""`ums watchdog`: looks after the other programs of its node."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

from ums.project.node.programs import program

if TYPE_CHECKING:
    from pathlib import Path

    from ha.nodefile import NodeFile


def watchdog() -> int:
    """Watch until SIGTERM or Ctrl-C, with or without the database. Returns the exit code."""
    return program("watchdog", _watch, migrate=False)


def _watch(data: Path, node: NodeFile) -> int:
    from django.conf import settings

    from ha import bus
    from ha.watchdog.configuration import Places
    from ha.watchdog.watchdog import Watchdog
    from ums.live.messages import ProcessesChanged
    from ums.project.network import join_bus

    watching = Watchdog(node, Places(data), life=settings.UMS_PROCESS_ID)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: watching.stop())

    def came(kind: str, body: Any) -> None:
        match body:
            case [str(), {"message": {"type": ProcessesChanged.kind}}]:
                watching.wake()

    join_bus(settings.UMS_PROCESS_ID, deliver=came)
    watching.run()
    bus.stop()
    return 0
