"""How long a message takes between this process and another one of the network, and back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ha import bus
from ha.bus import BusTimeout
from ums.core.access import Action, require
from ums.core.errors import Conflict

if TYPE_CHECKING:
    from ha.models import Process

PATIENCE = 3.0
"""Seconds that a process may take for its answer."""


@dataclass(frozen=True, slots=True)
class Ping:
    """`milliseconds` there and back; `carrier`: “redis” or “database”, "" when no message had to be sent."""

    milliseconds: float
    carrier: str


def ping(*, user: Any, process: Process, seconds: float = PATIENCE) -> Ping:
    """Ask a process for an answer over the bus. This process itself answers in no time.

    Raises NotAllowed, Conflict `no_bus` (a server by itself), `process_gone`, `ping_unanswered`.
    """
    require(user, Action.ADMINISTER)
    ours = bus.current()
    if ours is None:
        raise Conflict("no_bus", "This server is by itself: it exchanges messages with nobody.")
    if not process.life:
        raise Conflict("process_gone", f"{process.pk} on {process.host} does not run.")
    if process.life == ours.process:
        return Ping(0.0, "")
    end = time.monotonic() + seconds
    while not (carrier := ours.carrier) and time.monotonic() < end:
        time.sleep(0.02)
    try:
        taken = ours.ping(process.life, seconds=max(0.1, end - time.monotonic()))
    except BusTimeout:
        raise Conflict(
            "ping_unanswered", f"{process.pk} on {process.host} did not answer within {seconds:g} s."
        ) from None
    return Ping(round(taken * 1000, 2), carrier)
