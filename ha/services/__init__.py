"""What is written about the network."""

from ha.services.entries import network_update, process_delete
from ha.services.history import history_prune, process_sample
from ha.services.joining import node_join
from ha.services.nodes import network_ensure, node_ensure, node_ports_set
from ha.services.processes import (
    Figures,
    Identity,
    process_beat,
    process_ended,
    process_register,
    processes_lost,
)
from ha.services.reports import clock_event, process_reported
from ha.services.tokens import token_create, token_revoke
from ha.services.wanted import service_start, service_stop

__all__ = [
    "Figures",
    "Identity",
    "clock_event",
    "history_prune",
    "network_ensure",
    "network_update",
    "node_ensure",
    "node_join",
    "node_ports_set",
    "process_beat",
    "process_delete",
    "process_ended",
    "process_register",
    "process_reported",
    "process_sample",
    "processes_lost",
    "service_start",
    "service_stop",
    "token_create",
    "token_revoke",
]
