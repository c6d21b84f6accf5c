"""All writes to what events leave by: how long they are kept, webhooks, their deliveries."""

from ums.feeds.services.deliveries import (
    deliveries_claim,
    deliveries_prune,
    delivery_redeliver,
    delivery_settle,
    events_spread,
)
from ums.feeds.services.keeping import events_keep, events_prune
from ums.feeds.services.webhooks import (
    webhook_create,
    webhook_delete,
    webhook_renew_secret,
    webhook_resume,
    webhook_test,
    webhook_update,
)

__all__ = [
    "deliveries_claim",
    "deliveries_prune",
    "delivery_redeliver",
    "delivery_settle",
    "events_keep",
    "events_prune",
    "events_spread",
    "webhook_create",
    "webhook_delete",
    "webhook_renew_secret",
    "webhook_resume",
    "webhook_test",
    "webhook_update",
]
