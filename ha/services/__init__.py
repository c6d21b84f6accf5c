"""What is written about the network."""

from ha.services.leases import lease_hold, lease_release, lease_take
from ha.services.nodes import network_ensure, node_ensure
from ha.services.processes import (
    Figures,
    Identity,
    process_beat,
    process_ended,
    process_register,
    processes_lost,
)

__all__ = [
    "Figures",
    "Identity",
    "lease_hold",
    "lease_release",
    "lease_take",
    "network_ensure",
    "node_ensure",
    "process_beat",
    "process_ended",
    "process_register",
    "processes_lost",
]
