"""Reading webhooks and their deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q

from ums.core.access import Action, restrict
from ums.feeds.models import Delivery, Webhook

if TYPE_CHECKING:
    from django.db.models import QuerySet


def webhook_list(*, user: Any) -> QuerySet[Webhook]:
    """All webhooks with `waiting`, the number of their deliveries that wait, for those who administer the network."""
    waiting = Count("deliveries", filter=Q(deliveries__state=Delivery.State.WAITING))
    return restrict(Webhook.objects.select_related("owner").annotate(waiting=waiting), user, Action.ADMINISTER)


def delivery_list(*, user: Any) -> QuerySet[Delivery]:
    """All deliveries, newest first, for those who administer the network."""
    return restrict(Delivery.objects.select_related("webhook"), user, Action.ADMINISTER)
