"""Reading the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ums.audit.models import Event
from ums.core.access import Action, restrict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model, QuerySet

AT_ONCE = 1000


def event_list(*, user: Any) -> QuerySet[Event]:
    """All events, newest first; nothing for those who may not read the audit log."""
    return restrict(Event.objects.all(), user, Action.AUDIT)


def event_for_object(*, target: Model) -> QuerySet[Event]:
    """The history of one object. The caller has checked that the user may read it."""
    return Event.objects.filter(object_type=target._meta.model_name, object_id=str(target.pk))


def event_stream(*, events: QuerySet[Event]) -> Iterator[Event]:
    """All of `events`, newest first, read in pieces: a million of them hold neither memory nor a transaction."""
    last: int | None = None
    while rows := list((events if last is None else events.filter(pk__lt=last)).order_by("-pk")[:AT_ONCE]):
        yield from rows
        last = rows[-1].pk
