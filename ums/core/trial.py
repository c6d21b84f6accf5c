"""Trying out a write: it runs as always, inside a transaction that is rolled back afterwards.

What runs inside a trial notes the devices whose settings it would change instead of marking them, and leaves nothing
in memories that outlive the transaction: the embedded database gives the key of a row that was rolled back to the
next one.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(slots=True)
class Trial:
    """What a write that is tried out reaches: ids of devices whose settings it may change, or that it deletes."""

    devices: set[int] = field(default_factory=set)


_current: ContextVar[Trial | None] = ContextVar("trial", default=None)


def current_trial() -> Trial | None:
    """The trial that the running code is part of."""
    return _current.get()


def note_devices(ids: Iterable[int]) -> None:
    """In a trial: these devices are concerned. Otherwise nothing."""
    if trial := _current.get():
        trial.devices.update(ids)


@contextmanager
def trying() -> Iterator[Trial]:
    """Inside, the running code is part of a new trial. The transaction and its end are the caller's."""
    trial = Trial()
    token = _current.set(trial)
    try:
        yield trial
    finally:
        _current.reset(token)
