"""What administrators decide about the network's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from ha.clock import database_now
from ha.models import Node, Process
from ha.services.nodes import network_ensure
from ha.shown import age_of
from ums.audit.services import changed, record
from ums.core.access import Action, require
from ums.core.errors import AppError
from ums.core.validation import clean
from ums.domain.processes import ALIVE, ProcessType, is_lost
from ums.live.messages import ProcessesChanged
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from ha.models import Network
    from ums.core.actor import Actor


@transaction.atomic
def process_delete(*, actor: Actor, process: Process) -> None:
    """Remove the row of a process that is really gone, if it is still there; its node goes with its last row.

    Raises NotAllowed, and AppError `process_alive` while it, or the watchdog of its node, still answers.
    """
    require(actor.user, Action.ADMINISTER)
    # First the node, then its processes (docs/architecture.md, Locks).
    node = Node.objects.select_for_update().filter(pk=process.node_id).first()
    rows = list(Process.objects.select_for_update().filter(node=node).order_by("pk"))
    if node is None or process.pk not in {row.pk for row in rows}:
        return
    now = database_now()
    for row in rows:
        answers = row.status in ALIVE and not is_lost(row.status, age_of(row, now))
        if answers and row.type in {process.type, ProcessType.WATCHDOG}:
            what = "It still answers" if row.pk == process.pk else "The watchdog of its node still answers"
            raise AppError(
                "process_alive",
                f"{what}: stop the node first. Only entries of what is really gone can be removed.",
                status=409,
            )
    record(actor=actor, action="process.deleted", target=process, before={"host": process.host, "type": process.type})
    if len(rows) == 1:
        node.delete()
    else:
        process.delete()
    publish_on_commit(ProcessesChanged())


@transaction.atomic
def network_update(*, actor: Actor, cluster_host: str, cluster_port: int) -> Network:
    """The cluster address: where devices reach an external load balancer or proxy. Raises NotAllowed, AppError."""
    require(actor.user, Action.ADMINISTER)
    network = network_ensure()
    before = {"cluster_host": network.cluster_host, "cluster_port": network.cluster_port}
    network.cluster_host, network.cluster_port = cluster_host.strip(), cluster_port
    clean(network)
    after = {"cluster_host": network.cluster_host, "cluster_port": network.cluster_port}
    network.save(update_fields=list(after))
    old, new = changed(before, after)
    record(actor=actor, action="network.updated", target=network, before=old, after=new)
    return network
