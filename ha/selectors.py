"""What is read about the network."""

from __future__ import annotations

from ha.models import Node, Process
from ums.domain.processes import ALIVE


def everybody_hears(carrier: str) -> bool:
    """Whether all processes that run hear this carrier of the bus."""
    return not Process.objects.filter(status__in=ALIVE).exclude(bus__in=[carrier, ""]).exists()


def nodes_with_processes() -> list[Node]:
    """All nodes by name, each with its processes loaded."""
    return list(Node.objects.prefetch_related("processes"))
