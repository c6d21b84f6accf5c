"""The life of a process as rows: registered, beating, stopped, lost, back (docs/cluster.md)."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from ha.clock import DatabaseNow, clock_compared, database_now
from ha.models import Node, Process
from ha.registry import HAND_OVERS
from ha.services.events import process_event
from ums.domain.processes import ALIVE, LOST_AFTER, ServiceStatus
from ums.live.messages import ProcessesChanged
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from uuid import UUID

    from ums.domain.processes import ProcessType


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a process is. `id` is shown, `life` is new whenever it starts or was given up."""

    id: str
    type: ProcessType
    node_id: UUID
    host: str
    life: str
    version: str
    pid: int = field(default_factory=os.getpid)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a process tells with each heartbeat. `refused` counts since its start."""

    connected: int = 0
    waiting: int = 0
    refused: int = 0
    bus: str = ""
    detail: str = ""


@transaction.atomic
def process_register(*, identity: Identity, status: ServiceStatus = ServiceStatus.RUNNING) -> None:
    """A process has started, or is back after it was given up. Its node has one of each type: older rows of the same
    type go, and what they held is let go of. Locks node, process, devices, as all do (docs/architecture.md, Locks)."""
    node = Node.objects.select_for_update().get(pk=identity.node_id)
    now = database_now()
    back = False
    for older in Process.objects.select_for_update().filter(node=node, type=identity.type).order_by("pk"):
        if older.life and older.life != identity.life:
            _hand_over(older.life)
        back = older.pk == identity.id and older.status == ServiceStatus.LOST
        if older.pk != identity.id:
            older.delete()
    process, _ = Process.objects.update_or_create(
        pk=identity.id,
        defaults={
            "host": identity.host,
            "type": identity.type,
            "node": node,
            "version": identity.version,
            "life": identity.life,
            "pid": identity.pid,
            "status": status,
            "timestamp": now,
            "started_at": now,
            "skew": clock_compared(),
            "connected": 0,
            "waiting": 0,
            "refused": 0,
            "detail": "",
        },
    )
    process_event(process, "back" if back else "started", "is back." if back else "has started.", now)
    publish_on_commit(ProcessesChanged())


def process_beat(*, identity: Identity, status: ServiceStatus, figures: Figures) -> bool:
    """Say that a process is there. False: it was given up meanwhile, and must register with a new life before it
    writes anything else."""
    row = Process.objects.filter(pk=identity.id, life=identity.life)
    changed = row.exclude(status=status, detail=figures.detail).exists()
    kept = row.update(
        timestamp=DatabaseNow(),
        status=status,
        skew=clock_compared(),
        connected=figures.connected,
        waiting=figures.waiting,
        refused=figures.refused,
        bus=figures.bus,
        detail=figures.detail,
    )
    if changed:
        publish_on_commit(ProcessesChanged())
    return bool(kept)


@transaction.atomic
def process_ended(*, id: str, life: str, status: ServiceStatus = ServiceStatus.STOPPED, detail: str = "") -> bool:
    """A process has stopped in order, or its watchdog saw it end. Whether it was this life that ended."""
    now = database_now()
    process = Process.objects.filter(pk=id, life=life).first()
    if process is None or not process.life:
        return False
    if not Process.objects.filter(pk=id, life=life).update(
        status=status, life="", timestamp=now, connected=0, waiting=0, detail=detail[:500]
    ):
        return False
    _hand_over(life)
    crashed = status == ServiceStatus.FAILED
    process_event(process, "failed" if crashed else "stopped", "has failed." if crashed else "has stopped.", now)
    publish_on_commit(ProcessesChanged())
    return True


def processes_lost() -> int:
    """Give up the processes that have not been heard of for LOST_AFTER seconds: their work is handed over. Any server
    may do this at any time; of two that see the same one only one acts. Returns how many were given up."""
    limit = database_now() - timedelta(seconds=LOST_AFTER)
    silent = Process.objects.filter(status__in=ALIVE, timestamp__lt=limit)
    return sum(_give_up(process) for process in silent)


@transaction.atomic
def _give_up(process: Process) -> bool:
    won = Process.objects.filter(
        pk=process.pk, life=process.life, timestamp=process.timestamp, status=process.status
    ).update(status=ServiceStatus.LOST, life="", connected=0, waiting=0)
    if won:
        _hand_over(process.life)
        process_event(process, "lost", "does not answer; its work was handed over.", database_now())
        publish_on_commit(ProcessesChanged())
    return bool(won)


def _hand_over(life: str) -> None:
    for let_go in HAND_OVERS:
        let_go(life)
