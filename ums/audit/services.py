"""Writing the audit log. Called by services, inside their transaction: no change without its event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ums.audit.catalogue import EVENTS
from ums.audit.models import Event
from ums.events.models import Event as PublicEvent
from ums.events.recording import event_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.db import models

    from ums.core.actor import Actor


def record(
    *,
    actor: Actor,
    action: str,
    target: models.Model | None = None,
    name: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    comment: str = "",
) -> Event | None:
    """Store one event. Nothing changed (`before == after`, both given): no event, and None.

    `before` and `after` hold what changed, as JSON; never a secret. Raises KeyError for an undeclared action.
    """
    if before is not None and before == after:
        return None
    event = _event(actor, action, target, name, before, after, comment)
    event.save(force_insert=True)
    _public(event, target).save(force_insert=True)
    return event


def record_each(
    *,
    actor: Actor,
    action: str,
    changes: Iterable[tuple[models.Model, Mapping[str, Any] | None, Mapping[str, Any] | None]],
) -> None:
    """One event for each (target, before, after), in few statements."""
    rows = [(_event(actor, action, target, "", before, after, ""), target) for target, before, after in changes]
    Event.objects.bulk_create((event for event, _ in rows), batch_size=1000)
    PublicEvent.objects.bulk_create((_public(*row) for row in rows), batch_size=1000)


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both sides reduced to the keys whose values differ."""
    keys = [key for key in after if before.get(key) != after[key]]
    return {key: before.get(key) for key in keys}, {key: after[key] for key in keys}


def _event(
    actor: Actor,
    action: str,
    target: models.Model | None,
    name: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    comment: str,
) -> Event:
    EVENTS[action]
    return Event(
        actor=actor.user,
        actor_name=actor.name[:150],
        address=actor.address[:64],
        request_id=actor.request_id,
        action=action,
        object_type=target._meta.model_name or "" if target else "",
        object_id=str(target.pk) if target else "",
        object_name=(name or str(target or ""))[:255],
        before=before,
        after=after,
        comment=comment[:1000],
    )


def _public(event: Event, target: models.Model | None) -> PublicEvent:
    """The same for programs: what happened to what, without the values. They ask for those with their permissions."""
    changed = sorted(event.after or event.before or {})
    data = {"changed": changed} if changed else {}
    return event_of(event.action, target, None, event.object_name, event.actor_name, "", data, None)
