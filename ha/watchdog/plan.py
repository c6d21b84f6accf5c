"""What the watchdog does about one program: decided from what supervisor says, its row, and what is wanted.

Plain Python. Times are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ums.domain.processes import ALIVE, ServiceStatus

HANGS_AFTER = 60.0
"""Without a heartbeat for so long a process that runs is killed: it hangs."""

STARTS_WITHIN = 600.0
"""A process that has not registered for so long after its start hangs. The first server after an update changes the
schema of the database before it does, which may take minutes."""

TRY_AGAIN = (5.0, 10.0, 20.0, 40.0, 60.0)
"""Pauses before what keeps ending is started again; the last one goes on."""

STOPPED_BY_ADMINISTRATOR = "Stopped by an administrator."


@dataclass(frozen=True, slots=True)
class Seen:
    """A program as supervisor sees it. `state` is supervisor's name for it; `age`: since its start."""

    state: str
    pid: int = 0
    age: float = 0.0
    end: str = ""
    """How its last process ended, in words."""


@dataclass(frozen=True, slots=True)
class Row:
    """Its row. `alive`: registered, and not given up since. `silent`: since its last heartbeat."""

    status: str
    pid: int
    alive: bool
    silent: float
    detail: str = ""


class Call(Enum):
    """What can be done about a program."""

    START = "start"
    STOP = "stop"
    KILL = "kill"


@dataclass(frozen=True, slots=True)
class Decision:
    """`status` None: what the process says of itself stands."""

    call: Call | None = None
    status: ServiceStatus | None = None
    detail: str = ""


def decide(*, wanted: bool, seen: Seen, row: Row | None, resting: bool) -> Decision:
    """What to do now, and what to say. `resting`: its next try to start comes later (see TRY_AGAIN)."""
    registered = row is not None and seen.pid != 0 and row.pid == seen.pid
    if registered and row is not None:
        if not wanted and seen.state in {"STARTING", "RUNNING"}:
            return Decision(Call.STOP)
        speaks = row.alive or row.status == ServiceStatus.LOST
        return Decision(Call.KILL if speaks and row.silent > HANGS_AFTER and seen.state != "STOPPING" else None)
    if row is not None and row.alive:
        # Its process is gone; what comes next is decided at the next look.
        if wanted or seen.state in {"STARTING", "RUNNING", "BACKOFF"}:
            return Decision(None, ServiceStatus.FAILED, seen.end or "ended")
        return Decision(None, ServiceStatus.STOPPED, STOPPED_BY_ADMINISTRATOR)
    return _start(seen, row, resting) if wanted else _stop(seen)


def _start(seen: Seen, row: Row | None, resting: bool) -> Decision:
    """It is wanted, and nobody speaks for it yet."""
    why = seen.end or (row.detail if row else "")
    match seen.state:
        case "STARTING" | "RUNNING":
            hangs = seen.age > STARTS_WITHIN
            # With the reason of the last failure: while it comes and goes it stays one failure.
            return Decision(Call.KILL if hangs else None, ServiceStatus.STARTING, why)
        case "BACKOFF":
            return Decision(None, ServiceStatus.FAILED, why)
        case "FATAL":
            return Decision(None if resting else Call.START, ServiceStatus.FAILED, why)
        case "STOPPING":
            return Decision(None, ServiceStatus.STOPPING)
        case _:
            return Decision(Call.START, ServiceStatus.STARTING)


def _stop(seen: Seen) -> Decision:
    """It is not wanted, and nobody speaks for it any more."""
    match seen.state:
        case "STARTING" | "RUNNING" | "BACKOFF":
            return Decision(Call.STOP, ServiceStatus.STOPPING)
        case "STOPPING":
            return Decision(None, ServiceStatus.STOPPING)
        case _:
            return Decision(None, ServiceStatus.STOPPED, STOPPED_BY_ADMINISTRATOR)


def pause(failures: int) -> float:
    """Until the next try, after so many failed ones (from 1)."""
    return TRY_AGAIN[min(failures, len(TRY_AGAIN)) - 1]


def is_alive(status: str, life: str) -> bool:
    """Whether a row speaks for a process that has not been given up."""
    return bool(life) and status in ALIVE
