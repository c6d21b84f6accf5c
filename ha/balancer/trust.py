"""Servers believe the network's load balancers when these say where a device is."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING

import structlog
from django.db import DatabaseError, InterfaceError, connection

from ha.balancer.names import addresses_of
from ha.models import Node

if TYPE_CHECKING:
    from collections.abc import Callable

log = structlog.get_logger("ha.balancer")

LOOK_EVERY = 5.0
"""Seconds between two looks at the nodes."""


class BalancerWatch(Thread):
    """Tells `trust` the IP addresses of all load balancers, again and again until stopped. A thread of its own: asking
    for the address of a name may take long."""

    def __init__(self, trust: Callable[[set[str]], None]) -> None:
        super().__init__(name="balancers", daemon=True)
        self.found = False
        """Whether there is any."""
        self._trust = trust
        self._ended = Event()

    def run(self) -> None:
        """While the database is away those that were known stay."""
        while not self._ended.is_set():
            try:
                addresses = balancer_addresses()
                self.found = bool(addresses)
                self._trust(addresses)
            except (DatabaseError, InterfaceError) as error:
                log.debug("balancers_unknown", error=str(error))
            connection.close()
            self._ended.wait(LOOK_EVERY)

    def stop(self) -> None:
        """End the thread, without waiting for it."""
        self._ended.set()


def balancer_addresses() -> set[str]:
    """The IP addresses of nodes with a load balancer, as far as their names are known. Raises DatabaseError."""
    names = Node.objects.filter(has_balancer=True).values_list("address", flat=True)
    return {address for name in names for address in addresses_of(name)}
