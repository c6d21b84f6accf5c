"""How the console and the API show processes: state, words, clock, pictures."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ums.domain.processes import ALIVE, MAX_SKEW, Mode, ProcessType, ServiceStatus, is_suspect

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ha.models import Process, ProcessSample

NAMES = {
    "UMS_RMGUISERVER": "UMS Server",
    "UMS_BROKER": "UMS Load Balancer",
    "UMS_WATCHDOG": "UMS Watchdog",
    "UMS_WORKER": "UMS Worker",
}
"""Process types as people say them."""

STATUS: dict[str, tuple[str, str]] = {
    ServiceStatus.STARTING: ("updating", "Service is starting"),
    ServiceStatus.RUNNING: ("active", "Service is running"),
    ServiceStatus.STOPPING: ("updating", "Service is stopping"),
    ServiceStatus.STOPPED: ("offline", "Service is stopped"),
    ServiceStatus.FAILED: ("failed", "Service has failed"),
    ServiceStatus.LOST: ("error", "Service does not answer"),
}
"""Service status -> name of `{% status %}` and the words of the manual (p. 29)."""

STOPPABLE = (ProcessType.SERVER, ProcessType.BALANCER)

MODES: dict[str, str] = {Mode.NORMAL: "Normal Mode", Mode.UPDATE: "Update Mode"}
POINTS = 60
"""Minutes in the small picture."""


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """A process with what the page shows of it. `age`: seconds since its last heartbeat, by the database's clock."""

    process: Process
    age: float
    samples: Sequence[ProcessSample] = ()
    supervised: bool = False
    """A watchdog is there that can start and stop it."""

    @property
    def suspect(self) -> bool:
        """Not heard of for a moment: it gets no new work."""
        return is_suspect(self.process.status, self.age)

    @property
    def state(self) -> str:
        """Name of the status chip."""
        return "late" if self.suspect else STATUS[self.process.status][0]

    @property
    def word(self) -> str:
        """Service status in words."""
        return "Service is late" if self.suspect else STATUS[self.process.status][1]

    @property
    def mode(self) -> str:
        """Mode in words."""
        return MODES[self.process.mode]

    @property
    def type_name(self) -> str:
        """What it is."""
        return NAMES[self.process.type]

    @property
    def alive(self) -> bool:
        """Whether it should be beating."""
        return self.process.status in ALIVE

    @property
    def may_stop(self) -> bool:
        """Whether stopping it makes sense."""
        return self.supervised and self.alive and self.process.type in STOPPABLE

    @property
    def may_start(self) -> bool:
        """Whether starting it makes sense."""
        return self.supervised and not self.alive and self.process.type in STOPPABLE

    @property
    def clock(self) -> str:
        """What is wrong with its clock; "" when nothing is."""
        skew = self.process.skew
        if not self.alive or abs(skew) < MAX_SKEW:
            return ""
        return f"Its clock is {abs(skew):,.0f} s {'ahead of' if skew > 0 else 'behind'} the database's"

    @property
    def connected(self) -> list[int]:
        """Connected devices, a number a minute, oldest first."""
        return [sample.connected for sample in self.samples]

    @property
    def waiting(self) -> list[int]:
        """Waiting requests, a number a minute."""
        return [sample.waiting for sample in self.samples]

    @property
    def refused(self) -> list[int]:
        """Requests refused within each minute."""
        counts = [sample.refused for sample in self.samples]
        return [max(0, after - before) for before, after in pairwise(counts)]


def age_of(process: Process, now: datetime) -> float:
    """Seconds since the last heartbeat."""
    return max(0.0, (now - process.timestamp).total_seconds())
