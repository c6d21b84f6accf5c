"""Deliveries: made of events, claimed by whoever sends them, settled with what came of it.

Each event makes one delivery for each webhook that wants it, in the same transaction that moves the webhook's position:
none is forgotten, none made twice. A delivery may be sent twice, when a worker ends between the answer and its record;
its number is the same then, so that receivers can tell.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from ha.clock import shared_now
from ha.models import Node
from ums.audit.services import record
from ums.core.access import Action, require
from ums.core.crypto import unseal
from ums.core.errors import Conflict
from ums.domain.webhooks import MANY_FAILURES, PAUSED_AFTER, next_wait
from ums.events.numbering import events_numbered
from ums.events.selectors import event_list, feed
from ums.feeds.filters import of_kinds
from ums.feeds.models import Delivery, Webhook
from ums.feeds.sending import Order
from ums.feeds.shape import as_json

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from ums.core.actor import Actor
    from ums.feeds.sending import Sent

AT_ONCE = 500
"""Events that are looked at for one webhook in one transaction."""

OF_ONE = 8
"""Deliveries of one webhook that are on their way at once from one worker."""

CLAIMED = timedelta(minutes=2)
"""After which somebody else may try: longer than a request takes at most."""


def _active() -> QuerySet[Webhook]:
    return Webhook.objects.filter(enabled=True, paused_at=None, owner__is_active=True)


def events_spread() -> int:
    """Make deliveries of the events that came. Returns how many."""
    newest = events_numbered()
    waiting = _active().filter(position__lt=newest).order_by("pk")
    return sum(_spread(pk, newest) for pk in waiting.values_list("pk", flat=True))


@transaction.atomic
def _spread(pk: int, newest: int) -> int:
    row = _active().select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
    if row is None or row.owner is None:
        return 0
    rows = of_kinds(event_list(user=row.owner), row.kinds).filter(position__gt=row.position, position__lte=newest)
    found = list(rows[:AT_ONCE])
    now = shared_now()
    Delivery.objects.bulk_create(
        Delivery(webhook=row, kind=one.kind, position=one.position, body=as_json(one), due_at=now, created_at=now)
        for one in found
    )
    row.position = (found[-1].position or 0) if len(found) == AT_ONCE else newest
    row.save(update_fields=["position"])
    return len(found)


@transaction.atomic
def deliveries_claim(*, limit: int) -> list[tuple[Delivery, Order]]:
    """What is due and nobody sends, for the caller to send and settle within CLAIMED. Of a webhook that fails again
    and again just one, so that it is not stormed when it comes back."""
    now = shared_now()
    due = Delivery.objects.filter(state=Delivery.State.WAITING, due_at__lte=now, webhook__in=_active())
    free = due.filter(Q(claimed_until=None) | Q(claimed_until__lt=now)).order_by("due_at", "pk")
    own = frozenset(Node.objects.values_list("address", flat=True))
    claimed: list[tuple[Delivery, Order]] = []
    for webhook in Webhook.objects.filter(pk__in=free.order_by().values("webhook")).order_by("pk"):
        most = min(limit - len(claimed), 1 if webhook.failures >= MANY_FAILURES else OF_ONE)
        rows = list(free.filter(webhook=webhook).select_for_update(skip_locked=True, of=("self",))[: max(0, most)])
        secret = unseal(webhook.secret) if rows else ""
        for row in rows:
            row.claimed_until = now + CLAIMED
            body = row.body.encode()
            allowed = tuple(settings.UMS_WEBHOOK_NETWORKS)
            claimed.append((row, Order(webhook.url, secret, row.pk, row.kind, body, own, allowed)))
    Delivery.objects.bulk_update([row for row, _ in claimed], ["claimed_until"])
    return claimed


@transaction.atomic
def delivery_settle(*, actor: Actor, delivery: Delivery, sent: Sent) -> None:
    """Write down what came of a try; what was claimed by somebody else meanwhile is theirs to settle."""
    row = (
        Delivery.objects.select_for_update()
        .filter(pk=delivery.pk, claimed_until=delivery.claimed_until, state=Delivery.State.WAITING)
        .first()
    )
    if row is None:
        return
    now = shared_now()
    row.attempts += 1
    row.status, row.claimed_until = sent.status, None
    told = {"at": now.isoformat(), "status": sent.status, "ms": sent.milliseconds, "detail": sent.detail}
    row.tries = [*row.tries, told][-20:]
    wait = next_wait(row.attempts)
    if sent.taken or wait is None:
        row.state = Delivery.State.DELIVERED if sent.taken else Delivery.State.FAILED
        row.finished_at = now
    else:
        row.due_at = now + wait
    row.save()
    webhook = Webhook.objects.select_for_update().get(pk=row.webhook_id)
    _taken(webhook, now) if sent.taken else _not_taken(actor, webhook, now)


def _taken(webhook: Webhook, now: datetime) -> None:
    """What waited for the receiver to come back is tried now."""
    if webhook.failing_since is not None:
        if webhook.failures >= MANY_FAILURES:
            webhook.deliveries.filter(state=Delivery.State.WAITING, due_at__gt=now).update(due_at=now)
        Webhook.objects.filter(pk=webhook.pk).update(failing_since=None, failures=0)


def _not_taken(actor: Actor, webhook: Webhook, now: datetime) -> None:
    since = webhook.failing_since or now
    Webhook.objects.filter(pk=webhook.pk).update(failing_since=since, failures=F("failures") + 1)
    if now - since >= PAUSED_AFTER and webhook.paused_at is None:
        Webhook.objects.filter(pk=webhook.pk).update(paused_at=now)
        record(actor=actor, action="webhook.paused", target=webhook, after={"failing_since": since.isoformat()})


@transaction.atomic
def delivery_redeliver(*, actor: Actor, delivery: Delivery) -> Delivery:
    """Send it once more, whatever came of it. Raises NotAllowed, Conflict `delivery_waits` when it is on its way."""
    require(actor.user, Action.ADMINISTER)
    row = Delivery.objects.select_for_update().select_related("webhook").get(pk=delivery.pk)
    if row.state == Delivery.State.WAITING and row.claimed_until and row.claimed_until > shared_now():
        raise Conflict("delivery_waits", "It is being sent at this moment.")
    row.state, row.attempts, row.due_at, row.finished_at = Delivery.State.WAITING, 0, shared_now(), None
    row.save(update_fields=["state", "attempts", "due_at", "finished_at"])
    record(actor=actor, action="webhook.redelivered", target=row.webhook, after={"delivery": row.pk, "kind": row.kind})
    return row


def deliveries_prune() -> int:
    """Delete deliveries that are older than events are kept, but for those that wait. Returns how many are gone."""
    end = shared_now() - timedelta(days=feed().kept_days)
    old = Delivery.objects.filter(created_at__lt=end).exclude(state=Delivery.State.WAITING)
    gone = 0
    while ids := list(old.order_by("created_at").values_list("pk", flat=True)[:AT_ONCE]):
        gone += Delivery.objects.filter(pk__in=ids).delete()[0]
    return gone
