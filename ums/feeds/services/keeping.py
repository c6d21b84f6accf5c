"""How long events are kept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max

from ha.clock import shared_now
from ums.audit.services import record
from ums.core.access import Action, require
from ums.core.validation import clean
from ums.events.models import Event
from ums.events.numbering import events_numbered, feed_locked

if TYPE_CHECKING:
    from ums.core.actor import Actor
    from ums.events.models import Feed

AT_ONCE = 5000
"""Rows of one statement, so that nobody waits long for it."""


@transaction.atomic
def events_keep(*, actor: Actor, days: int) -> Feed:
    """Keep events for that many days, 1 to 365. Raises NotAllowed, AppError `invalid`."""
    require(actor.user, Action.ADMINISTER)
    feed = feed_locked()
    before = feed.kept_days
    feed.kept_days = days
    clean(feed)
    feed.save(update_fields=["kept_days"])
    record(actor=actor, action="events.kept_changed", before={"days": before}, after={"days": days})
    return feed


def events_prune() -> int:
    """Delete events that are older than they are kept, oldest first, so that what is kept has no gaps. Returns how
    many are gone."""
    events_numbered()
    gone = 0
    while count := _pruned():
        gone += count
    return gone


@transaction.atomic
def _pruned() -> int:
    """Up to the last old one before the first young one; positions follow the commits, times the clocks."""
    feed = feed_locked()
    end = shared_now() - timedelta(days=feed.kept_days)
    oldest = Event.objects.exclude(position=None).order_by("position")[:AT_ONCE].values_list("position", "time")
    old = []
    for position, time in oldest:
        if time >= end:
            break
        old.append(position)
    if not old:
        return 0
    rows = Event.objects.filter(position__lte=old[-1])
    feed.pruned = rows.aggregate(last=Max("position"))["last"]
    feed.save(update_fields=["pruned"])
    return rows.delete()[0]
