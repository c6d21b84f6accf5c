"""Processes of an HA network: what they are, and what the age of their last heartbeat says (domain/ha.md §2)."""

from __future__ import annotations

from enum import StrEnum

BEAT_EVERY = 1.0
"""Seconds between two heartbeats of a process."""

SUSPECT_AFTER = 3.0
"""Seconds without a heartbeat after which a process gets no new work."""

LOST_AFTER = 8.0
"""Seconds without a heartbeat after which its work is handed over."""

MAX_SKEW = 60.0
"""Seconds that clocks may differ (manual p. 11)."""

SERVER_PORT, BALANCER_PORT = 30002, 30001
"""Where devices are served when server and load balancer share a host. A server alone takes the balancer's port (manual
p. 42)."""


class ProcessType(StrEnum):
    """Values of `epr_process_type`; the manual's query names the first."""

    SERVER = "UMS_RMGUISERVER"
    BALANCER = "UMS_BROKER"
    WATCHDOG = "UMS_WATCHDOG"
    WORKER = "UMS_WORKER"


class ServiceStatus(StrEnum):
    """Values of `epr_service_status`; the manual names RUNNING and STOPPED."""

    STARTING = "SERVICE_STARTING"
    RUNNING = "SERVICE_RUNNING"
    STOPPING = "SERVICE_STOPPING"
    STOPPED = "SERVICE_STOPPED"
    FAILED = "SERVICE_FAILED"
    LOST = "SERVICE_LOST"


ALIVE = frozenset({ServiceStatus.STARTING, ServiceStatus.RUNNING, ServiceStatus.STOPPING})
"""States in which a process has to beat."""


class Mode(StrEnum):
    """Values of `epr_process_mode`."""

    NORMAL = "NORMAL_MODE"
    UPDATE = "UPDATE_MODE"


def is_suspect(status: str, age: float) -> bool:
    """Whether a process whose last heartbeat is `age` seconds old gets no new work."""
    return status in ALIVE and age >= SUSPECT_AFTER


def is_lost(status: str, age: float) -> bool:
    """Whether the work of a process whose last heartbeat is `age` seconds old is handed over."""
    return status in ALIVE and age >= LOST_AFTER


def device_port(*, balancer: bool) -> int:
    """The port on which a server serves devices beside 8443."""
    return SERVER_PORT if balancer else BALANCER_PORT
