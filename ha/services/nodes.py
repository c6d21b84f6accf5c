"""The network's row and its nodes' rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from ha.models import Network, Node
from ums import __version__

if TYPE_CHECKING:
    from ha.nodefile import NodeFile


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
