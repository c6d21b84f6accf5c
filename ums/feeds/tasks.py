"""Started by beat."""

from __future__ import annotations

from celery import shared_task

from ums.feeds import services
from ums.feeds.delivering import AT_ONCE
from ums.feeds.delivering import deliver as deliver_round


@shared_task
def prune() -> None:
    """Events and deliveries that are older than they are kept."""
    services.events_prune()
    services.deliveries_prune()


@shared_task
def deliver() -> None:
    """Webhooks: as long as there is much to send."""
    while deliver_round() >= AT_ONCE:
        pass
