"""What the watchdog of a node says of processes that cannot speak for themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from ha.clock import database_now
from ha.models import Node, Process
from ha.services.events import process_event
from ha.services.processes import process_ended
from ums import __version__
from ums.domain.processes import ALIVE, ServiceStatus
from ums.live.messages import ProcessesChanged
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from uuid import UUID

    from ums.domain.processes import ProcessType


@transaction.atomic
def process_reported(
    *, node_id: UUID, id: str, type: ProcessType, pid: int, status: ServiceStatus, detail: str = ""
) -> None:
    """The process `pid` (0: none) of this type has not registered, or not any more: starting, stopped, failed.

    A row that speaks of an earlier process ends with this status, and what that held is let go of; a type without a
    row gets one, named `id`. What a process that has registered says of itself stays.
    """
    node = Node.objects.select_for_update().get(pk=node_id)
    row = Process.objects.select_for_update().filter(node=node, type=type).first()
    if row is not None and row.life:
        if row.pid != pid:
            ended = ServiceStatus.FAILED if status in ALIVE else status
            process_ended(id=row.pk, life=row.life, status=ended, detail=detail)
        return
    now = database_now()
    if row is None:
        row = Process(
            pk=id, host=node.name, type=type, node=node, version=__version__, status="", started_at=now, timestamp=now
        )
    changed = (row.status, row.detail) != (status, detail[:500])
    failed = status == ServiceStatus.FAILED and row.detail != detail[:500]
    # No pid: it stands there once a process has registered.
    row.status, row.detail, row.timestamp, row.pid = status, detail[:500], now, 0
    row.save()
    if failed:
        process_event(row, "failed", f"does not run: {detail}", now)
    if changed:
        publish_on_commit(ProcessesChanged())


def clock_event(*, id: str, text: str) -> None:
    """The clock of a process's host differs, or agrees again. `text` goes on after the process's name."""
    if process := Process.objects.filter(pk=id).first():
        process_event(process, "clock", text, database_now())
