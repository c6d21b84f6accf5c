"""What administrators want to run on a node. Its watchdog reads it and does it (ha/watchdog)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from ha.clock import database_now
from ha.models import Node, Process
from ums.audit.services import record
from ums.core.access import Action, require
from ums.core.errors import AppError, Conflict
from ums.domain.processes import LOST_AFTER, ProcessType, ServiceStatus
from ums.live.messages import ProcessesChanged
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from uuid import UUID

    from ums.core.actor import Actor

WANTED = {ProcessType.SERVER: "server_wanted", ProcessType.BALANCER: "balancer_wanted"}
"""What can be started and stopped, with the column of the node that says so. The worker goes with its server."""

NAMES = {ProcessType.SERVER: "UMS Server", ProcessType.BALANCER: "UMS Load Balancer"}


def service_start(*, actor: Actor, node: Node, component: ProcessType) -> None:
    """Have the server or load balancer of a node started, now and at each start of the node.

    Raises NotAllowed, AppError `no_component`, Conflict `watchdog_silent`.
    """
    _want(actor, node, component, wanted=True, confirmed=True)


def service_stop(*, actor: Actor, node: Node, component: ProcessType, confirmed: bool = False) -> None:
    """Have the server or load balancer of a node drained and stopped, until somebody has it started again.

    Raises NotAllowed, AppError `no_component`, Conflict `watchdog_silent`, and `last_server` when no other server runs
    and nobody `confirmed` that all devices may be without one.
    """
    _want(actor, node, component, wanted=False, confirmed=confirmed)


@transaction.atomic
def _want(actor: Actor, node: Node, component: ProcessType, *, wanted: bool, confirmed: bool) -> None:
    require(actor.user, Action.ADMINISTER)
    has = {ProcessType.SERVER: node.has_server, ProcessType.BALANCER: node.has_balancer}
    if not has.get(component, False):
        raise AppError("no_component", f"{node.name} has no such service.")
    # All of them: two administrators who stop the last two servers at once wait for each other here.
    nodes = {row.pk: row for row in Node.objects.select_for_update().order_by("pk")}
    locked = nodes[node.pk]
    if not _runs(ProcessType.WATCHDOG, node.pk):
        raise Conflict(
            "watchdog_silent",
            f"The watchdog of {node.name} does not answer. Start the node there: ums node start.",
        )
    if component == ProcessType.SERVER and not wanted and not confirmed:
        others = [pk for pk, row in nodes.items() if pk != node.pk and row.server_wanted]
        if not any(_runs(ProcessType.SERVER, pk) for pk in others):
            raise Conflict(
                "last_server", f"The server of {node.name} is the last one that runs: without it no device is served."
            )
    column = WANTED[component]
    before = {column: getattr(locked, column)}
    setattr(locked, column, wanted)
    setattr(node, column, wanted)
    locked.save(update_fields=[column])
    record(
        actor=actor,
        action="service.started" if wanted else "service.stopped",
        target=locked,
        name=f"{NAMES[component]} on {node.name}",
        before=before,
        after={column: wanted},
    )
    publish_on_commit(ProcessesChanged())


def _runs(type: ProcessType, node: UUID) -> bool:
    since = database_now() - timedelta(seconds=LOST_AFTER)
    return Process.objects.filter(node=node, type=type, status=ServiceStatus.RUNNING, timestamp__gte=since).exists()
