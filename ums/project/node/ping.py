"""`ums node ping`: how long messages take to the processes of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import django

from ums.core.errors import AppError
from ums.project.columns import columns
from ums.project.command import command
from ums.project.node.setup import require_installation
from ums.project.prepare import StartError

if TYPE_CHECKING:
    from ha.models import Process


@command
def ping(*, process: str) -> int:
    """Ping one process, or all that should answer. Returns the exit code: 0 when all have answered."""
    require_installation()
    django.setup()
    from django.conf import settings

    from ha import bus
    from ums.project.network import join_bus

    processes = _processes(process)
    join_bus(settings.UMS_PROCESS_ID)
    try:
        rows = [_row(one) for one in processes]
    finally:
        bus.stop()
    print(columns(["Process", "Host", "Id", "Over", "There and back"], [cells for _, cells in rows]))
    return 0 if all(answered for answered, _ in rows) else 1


def _processes(wanted: str) -> list[Process]:
    """Those that say they are there. Raises StartError, DatabaseError."""
    from ha.models import Process
    from ums.domain.processes import ALIVE

    found = Process.objects.filter(pk=wanted) if wanted else Process.objects.filter(status__in=ALIVE)
    processes = list(found.order_by("host", "type", "pk"))
    if not processes:
        raise StartError(f"There is no process “{wanted}”." if wanted else "No process of the network runs.")
    return processes


def _row(process: Process) -> tuple[bool, list[str]]:
    from ha.pinging import ping
    from ha.shown import NAMES
    from ums.core.actor import SYSTEM

    name = [NAMES[process.type], process.host, process.pk]
    try:
        answer = ping(user=SYSTEM.user, process=process)
    except AppError as error:
        if error.code == "no_bus":
            raise
        return False, [*name, "", error.message]
    return True, [*name, answer.carrier, f"{answer.milliseconds:.1f} ms"]
