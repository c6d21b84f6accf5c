"""What is read about the network."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ha.addresses import EVERYWHERE, host_and_port
from ha.clock import database_now
from ha.models import Network, NetworkEvent, Node, Process, ProcessSample
from ha.shown import POINTS, ProcessRow, age_of
from ums.core.access import Action, restrict
from ums.domain.processes import ALIVE, ProcessType, ServiceStatus, is_suspect

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from django.db.models import QuerySet

    from ha.services import Identity

NOT_THERE = (ServiceStatus.LOST, ServiceStatus.STOPPED)

LIST_TYPES = {"servers": ProcessType.SERVER, "balancers": ProcessType.BALANCER}
"""Pages of the tree below “UMS Network”."""


def everybody_hears(carrier: str) -> bool:
    """Whether all processes that run hear this carrier of the bus."""
    return not Process.objects.filter(status__in=ALIVE).exclude(bus__in=[carrier, ""]).exists()


def network_get() -> Network | None:
    """The network; None before the first server has started."""
    return Network.objects.first()


def process_list(*, user: Any) -> QuerySet[Process]:
    """All processes; nothing for those who may not administer the network."""
    return restrict(Process.objects.select_related("node"), user, Action.ADMINISTER)


def process_rows(*, processes: QuerySet[Process], minutes: int = POINTS) -> list[ProcessRow]:
    """Processes with the age of their heartbeats and what they did in the last minutes."""
    now = database_now()
    found = list(processes)
    samples = _samples([process.pk for process in found], now - timedelta(minutes=minutes))
    watched = set(
        Process.objects.filter(type=ProcessType.WATCHDOG, node__in={process.node_id for process in found})
        .exclude(status__in=NOT_THERE)
        .values_list("node", flat=True)
    )
    return [
        ProcessRow(process, age_of(process, now), samples[process.pk], process.node_id in watched) for process in found
    ]


def _samples(ids: Collection[str], since: Any) -> dict[str, list[ProcessSample]]:
    by_process: dict[str, list[ProcessSample]] = defaultdict(list)
    for sample in ProcessSample.objects.filter(process__in=ids, at__gte=since).order_by("at"):
        by_process[sample.process_id].append(sample)
    return by_process


def process_of_type(*, node_id: Any, type: str) -> Process | None:
    """The process of one kind on a node."""
    return Process.objects.filter(node=node_id, type=type).first()


def process_replacing(identity: Identity) -> Process | None:
    """Another process that has taken the row of this one, and beats: of a copy of its data directory."""
    others = Process.objects.filter(node=identity.node_id, type=identity.type, status__in=ALIVE).exclude(life="")
    return others.exclude(life=identity.life).exclude(pid=identity.pid).first()


def servers_left(*, process: Process) -> int:
    """How many other servers run."""
    return Process.objects.filter(type=ProcessType.SERVER, status=ServiceStatus.RUNNING).exclude(pk=process.pk).count()


def event_list(*, user: Any) -> QuerySet[NetworkEvent]:
    """All events of the network, newest first."""
    return restrict(NetworkEvent.objects.all(), user, Action.ADMINISTER)


def device_servers() -> list[str]:
    """Where devices of the network find servers: the cluster address alone, or the load balancers that run, or the
    servers that run. Two queries."""
    network = network_get()
    if network is not None and network.cluster_host:
        return [_url(network.cluster_host, network.cluster_port)]
    running = Process.objects.filter(status=ServiceStatus.RUNNING).select_related("node").order_by("node_id")
    found: dict[str, list[str]] = {ProcessType.BALANCER: [], ProcessType.SERVER: []}
    for process in running.filter(type__in=list(found)):
        node = process.node
        port = node.balancer_port if process.type == ProcessType.BALANCER else node.device_port
        found[process.type].append(_url(node.address, port))
    return found[ProcessType.BALANCER] or found[ProcessType.SERVER]


def running_servers() -> dict[UUID, str]:
    """Where servers that run now answer browsers and each other, by node. Two queries."""
    now = database_now()
    rows = Process.objects.filter(type=ProcessType.SERVER, status=ServiceStatus.RUNNING).select_related("node")
    return {
        row.node_id: _url(row.node.address, row.node.web_port)
        for row in rows
        if not is_suspect(row.status, age_of(row, now)) and row.node.address not in EVERYWHERE
    }


def _url(host: str, port: int) -> str:
    return f"https://{host_and_port(host, port)}"


def server_addresses() -> list[str]:
    """“host:port” of all servers that other hosts can reach by what is known of them."""
    return [
        host_and_port(host, port)
        for host, port in Node.objects.filter(has_server=True).values_list("address", "web_port")
        if host not in EVERYWHERE
    ]
