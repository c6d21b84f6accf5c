"""`ums node status`: the network as a table, and an exit code for monitors."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import django

from ums.project.columns import columns
from ums.project.command import command
from ums.project.node.setup import require_installation

if TYPE_CHECKING:
    from datetime import datetime

    from ha.models import Node, Process


@dataclass(frozen=True, slots=True)
class Line:
    """A process, or one that should be there. `heartbeat` is the age of the last one in seconds."""

    node: str
    address: str
    process: str
    id: str
    status: str
    mode: str
    version: str
    heartbeat: float | None
    bus: str
    connected: int
    good: bool
    detail: str


@command
def status(*, as_json: bool) -> int:
    """Print the network. Returns the exit code: 0 when all that is wanted runs."""
    require_installation()
    django.setup()
    lines = _lines()
    if as_json:
        print(json.dumps([asdict(line) for line in lines], indent=2))
    elif not lines:
        print("There is no node yet. Start with “ums node init”.")
    else:
        print(columns(["Node", "Address", "Process", "Status", "Mode", "Version", "Heartbeat", "Bus", "Devices", "Id"],
                      [_cells(line) for line in lines]))  # fmt: skip
        for line in lines:
            if line.detail:
                print(f"{line.process} on {line.node}: {line.detail}")
    return 0 if lines and all(line.good for line in lines) else 1


def _lines() -> list[Line]:
    from ha.clock import database_now
    from ha.models import Node

    now = database_now()
    return [line for node in Node.objects.prefetch_related("processes") for line in _of_node(node, now)]


def _of_node(node: Node, now: datetime) -> list[Line]:
    from ums.domain.processes import ProcessType

    present = {process.type: process for process in node.processes.all()}
    wanted = {
        ProcessType.SERVER: node.has_server and node.server_wanted,
        ProcessType.BALANCER: node.has_balancer and node.balancer_wanted,
    }
    found = [_of_process(node, process, now, wanted.get(ProcessType(kind), True)) for kind, process in present.items()]
    return found + [_missing(node, kind) for kind, needed in wanted.items() if needed and kind not in present]


def _of_process(node: Node, process: Process, now: datetime, wanted: bool) -> Line:
    from ha.shown import NAMES
    from ums.domain.processes import ServiceStatus, is_lost, is_suspect

    age = max(0.0, (now - process.timestamp).total_seconds())
    state = ServiceStatus(process.status)
    word = state.value.removeprefix("SERVICE_").lower()
    if is_lost(state, age):
        word = "lost"
    elif is_suspect(state, age):
        word = "suspect"
    return Line(
        node=node.name,
        address=f"{node.address}:{node.web_port}",
        process=NAMES[process.type],
        id=process.pk,
        status=word,
        mode=process.get_mode_display().lower(),
        version=process.version,
        heartbeat=round(age, 1),
        bus=process.bus,
        connected=process.connected,
        good=word == "running" or (word == "stopped" and not wanted),
        detail=process.detail,
    )


def _missing(node: Node, kind: str) -> Line:
    from ha.shown import NAMES

    return Line(
        node=node.name,
        address=f"{node.address}:{node.web_port}",
        process=NAMES[kind],
        id="",
        status="never started",
        mode="",
        version=node.version,
        heartbeat=None,
        bus="",
        connected=0,
        good=False,
        detail="",
    )


def _cells(line: Line) -> list[str]:
    age = "" if line.heartbeat is None else f"{line.heartbeat:.1f} s"
    return [line.node, line.address, line.process, line.status, line.mode, line.version, age,
            line.bus, str(line.connected), line.id]  # fmt: skip
