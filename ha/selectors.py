"""What is read about the network."""

from __future__ import annotations

from ha.models import Process
from ums.domain.processes import ALIVE


def everybody_hears(carrier: str) -> bool:
    """Whether all processes that run hear this carrier of the bus."""
    return not Process.objects.filter(status__in=ALIVE).exclude(bus__in=[carrier, ""]).exists()
