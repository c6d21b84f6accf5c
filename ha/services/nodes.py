"""The network's row and its nodes' rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from ha.models import Network, Node
from ums import __version__
from ums.audit.services import changed, record
from ums.core.access import Action, require

if TYPE_CHECKING:
    from ha.nodefile import NodeFile
    from ums.core.actor import Actor


def network_ensure() -> Network:
    """The network; made when there is none. Two processes that start at once agree on one."""
    if found := Network.objects.first():
        return found
    try:
        with transaction.atomic():
            return Network.objects.create()
    except IntegrityError:
        return Network.objects.get()


def node_ensure(*, node: NodeFile) -> Node:
    """The row of this host as its node file has it. What administrators decided about it stays."""
    row, _ = Node.objects.update_or_create(
        pk=node.id,
        defaults={
            "name": node.name,
            "address": node.address,
            "has_server": node.server,
            "has_balancer": node.balancer,
            "web_port": node.web_port,
            "device_port": node.device_port,
            "balancer_port": node.balancer_port,
            "version": __version__,
        },
    )
    return row


@transaction.atomic
def node_ports_set(*, actor: Actor, node: NodeFile, now: bool) -> None:
    """Say that a node has other ports, as its node file will have them. Devices hear of them when they sign in next.

    `now` False: the node still listens on the old ones, and its row gets the new ones when it starts (`node_ensure`).
    Raises NotAllowed.
    """
    require(actor.user, Action.ADMINISTER)
    row = Node.objects.select_for_update().filter(pk=node.id).first()
    if row is None:
        return  # it has never been started
    names = ("web_port", "device_port", "balancer_port")
    before, after = changed({name: getattr(row, name) for name in names}, {name: getattr(node, name) for name in names})
    record(actor=actor, action="node.ports_changed", target=row, before=before, after=after)
    if now:
        Node.objects.filter(pk=row.pk).update(**after)
