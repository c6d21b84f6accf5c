"""Making public events. Called by services, inside their transaction: nothing happens without its event, and no event
tells of what was rolled back. What is told is narrow: readers ask for the object, with the permissions that they have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ums.core.access import NETWORK_ACTIONS, Action
from ums.events.kinds import KINDS
from ums.events.models import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from django.db import models


def event(
    *,
    kind: str,
    target: models.Model | None = None,
    directory: int | None = None,
    name: str = "",
    actor: str = "",
    sees: str = "",
    data: Mapping[str, Any] | None = None,
    time: datetime | None = None,
) -> None:
    """One event about `target`.

    Seen by those who may read its directory: `directory`, or that of the target by its model's `access_directory`.
    Without any it is about the network, and seen by those who may do `sees` (one of the actions of the network;
    default: read the audit log). `actor`: the name of who did it. `data`: JSON, small, never a secret, and nothing
    that readers of the directory could not see elsewhere. `time`: when it happened (default: now).
    Raises KeyError for an undeclared kind, ValueError for an action that is none of the network.
    """
    event_of(kind, target, directory, name, actor, sees, data, time).save(force_insert=True)


def events(*, kind: str, about: Iterable[tuple[models.Model, Mapping[str, Any]]], actor: str = "") -> None:
    """The same kind of event about each (target, data), in few statements. Raises as `event`."""
    rows = [event_of(kind, target, None, "", actor, "", data, None) for target, data in about]
    Event.objects.bulk_create(rows, batch_size=1000)


def event_of(
    kind: str,
    target: models.Model | None,
    directory: int | None,
    name: str,
    actor: str,
    sees: str,
    data: Mapping[str, Any] | None,
    time: datetime | None,
) -> Event:
    """The row of an event, not saved: for who stores many of different kinds. Raises as `event`."""
    KINDS[kind]
    where = directory if directory is not None else _directory_of(target, gone=kind == "directory.deleted")
    if sees and sees not in NETWORK_ACTIONS:
        raise ValueError(f"{sees} is no action of the network")
    row = Event(
        kind=kind,
        sees=sees or (Action.READ if where is not None else Action.AUDIT),
        directory=None if sees else where,
        object_type=target._meta.model_name or "" if target else "",
        object_id=str(target.pk) if target else "",
        object_name=(name or str(target or ""))[:255],
        actor=actor[:150],
        data=dict(data or {}),
    )
    if time is not None:
        row.time = time
    return row


def _directory_of(target: models.Model | None, *, gone: bool) -> int | None:
    """By `access_directory`, a path of relations that ends at a directory; None where it leads nowhere. A directory
    that is `gone` was in its parent, which is still there to be read."""
    path: str | None = getattr(target, "access_directory", None)
    if target is None or path is None:
        return None
    if gone:
        path = "parent"
    *steps, last = path.split("__")
    row: Any = target
    for step in steps:
        row = getattr(row, step)
        if row is None:
            return None
    found: int | None = row.pk if last == "pk" else getattr(row, f"{last}_id")
    return found
