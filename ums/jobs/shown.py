"""How the console shows commands and batches: icons, words, and one line a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from ums.domain.protocol import CommandKind
from ums.jobs.models import OPEN_STATES, CommandState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ums.jobs.models import Batch

ICONS: dict[str, str] = {
    CommandKind.REBOOT.value: "rotate-cw",
    CommandKind.SHUTDOWN.value: "power",
    CommandKind.MESSAGE.value: "message-square",
    CommandKind.FACTORY_RESET.value: "undo-2",
    CommandKind.SETTINGS.value: "circle-arrow-down",
}
STATUS: dict[str, str] = {
    CommandState.QUEUED: "queued",
    CommandState.SENT: "sent",
    CommandState.SUCCEEDED: "done",
    CommandState.FAILED: "failed",
    CommandState.EXPIRED: "expired",
    CommandState.CANCELLED: "revoked",
}
"""State of a command -> name of `{% status %}`."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is, in numbers."""

    counts: Mapping[str, int]

    def of(self, *states: str) -> int:
        """How many are in one of these states."""
        return sum(self.counts.get(state, 0) for state in states)

    @property
    def total(self) -> int:
        """Commands that are left of it: those of deleted devices are gone."""
        return sum(self.counts.values())

    @property
    def waiting(self) -> int:
        """Not sent yet: can be cancelled."""
        return self.of(CommandState.QUEUED)

    @property
    def open(self) -> int:
        """Without an end yet."""
        return self.of(*OPEN_STATES)

    @property
    def finished(self) -> int:
        """With an end, good or bad."""
        return self.total - self.open

    @property
    def succeeded(self) -> int:
        """Done."""
        return self.of(CommandState.SUCCEEDED)

    @property
    def failed(self) -> int:
        """Failed or expired."""
        return self.of(CommandState.FAILED, CommandState.EXPIRED)

    @property
    def cancelled(self) -> int:
        """Taken back before they were sent."""
        return self.of(CommandState.CANCELLED)

    @property
    def status(self) -> str:
        """In one word, as `{% status %}` names it."""
        if self.open:
            return "running"
        return "failed" if self.failed else "done" if self.succeeded else "revoked"

    @property
    def word(self) -> str:
        """The word of the chip where the usual one would mislead."""
        return "Cancelled" if self.status == "revoked" else ""

    def __str__(self) -> str:
        told = [f"{self.succeeded:,} of {self.total:,} done"]
        told += [f"{self.failed:,} failed"] if self.failed else []
        told += [f"{self.cancelled:,} cancelled"] if self.cancelled else []
        return ", ".join(told)


@dataclass(frozen=True, slots=True)
class Line:
    """A batch in the messages at the foot."""

    at: datetime
    status: str
    word: str
    icon: str
    title: str
    progress: str
    failures: tuple[tuple[str, str], ...]
    """Names of devices with the reason."""
    more: int
    url: str


def line_of(batch: Batch, progress: Progress, failures: tuple[tuple[str, str], ...]) -> Line:
    """One line; `failures` are some of the failed ones."""
    return Line(
        at=batch.created_at,
        status=progress.status,
        word=progress.word,
        icon=ICONS[batch.kind],
        title=str(batch),
        progress=str(progress),
        failures=failures,
        more=max(0, progress.failed - len(failures)),
        url=reverse("jobs:batch_detail", args=[batch.pk]),
    )
