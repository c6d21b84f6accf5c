"""Reading events: in their order, and only what a user may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ums.core.access import NETWORK_ACTIONS, Action, may, restrict
from ums.events.models import Event, Feed

if TYPE_CHECKING:
    from django.db.models import QuerySet


def event_list(*, user: Any) -> QuerySet[Event]:
    """All numbered events that `user` may see, oldest first. Where an event happened counts, not where its object is
    now. Number what waits before (`events_numbered`)."""
    network = [action for action in sorted(NETWORK_ACTIONS) if may(user, action)]
    numbered = Event.objects.exclude(position=None)
    readable = restrict(numbered.filter(sees=Action.READ), user, Action.READ)
    return (readable | numbered.filter(sees__in=network)).order_by("position")


def feed() -> Feed:
    """How far events are numbered and since when they are kept."""
    return Feed.objects.filter(pk=1).first() or Feed(pk=1)
