"""`ums service start|stop`: what the UMS Network page does, for when no server runs that would show it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ums.project.operator import installation

if TYPE_CHECKING:
    import argparse


def service(options: argparse.Namespace) -> int:
    """Start or stop a server or load balancer of the network. Returns the exit code."""
    with installation(options.user) as user:
        if user is None:
            return 1
        from django.conf import settings

        from ha.models import Node
        from ha.services import service_start, service_stop
        from ums.core.actor import Actor
        from ums.core.errors import AppError
        from ums.domain.processes import ProcessType

        component = {"server": ProcessType.SERVER, "balancer": ProcessType.BALANCER}[options.component]
        here = settings.UMS_NODE
        nodes = Node.objects.filter(name=options.node or (here.name if here else ""))
        node = nodes.filter(pk=here.id).first() if here and not options.node else nodes.first()
        if node is None:
            print(f"ums: there is no node “{options.node or settings.UMS_DATA}”.", file=sys.stderr)
            return 1
        try:
            if options.what == "start":
                service_start(actor=Actor.of(user), node=node, component=component)
            else:
                service_stop(actor=Actor.of(user), node=node, component=component, confirmed=options.yes)
        except AppError as error:
            more = " Stop it all the same with --yes." if error.code == "last_server" else ""
            print(f"ums: {error.message}{more}", file=sys.stderr)
            return 1
        print(f"The watchdog of {node.name} has been told.")
        return 0
