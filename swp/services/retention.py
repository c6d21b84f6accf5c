"""How long the login history is kept."""

from __future__ import annotations

from datetime import timedelta

from ha.clock import shared_now
from swp.models import Login, SharedWorkplaceSettings

AT_ONCE = 2000
"""Rows of one statement, so that nobody waits long for it."""


def logins_prune() -> int:
    """Delete logins older than the settings say; those that are not over stay. Returns how many are gone."""
    settings = SharedWorkplaceSettings.objects.first() or SharedWorkplaceSettings()
    old = Login.objects.filter(login_at__lt=shared_now() - timedelta(days=max(1, settings.history_days)), session=None)
    gone = 0
    while ids := list(old.order_by("login_at", "pk").values_list("pk", flat=True)[:AT_ONCE]):
        # A login whose session began in this moment is younger; none of these gets one any more.
        gone += Login.objects.filter(pk__in=ids).delete()[0]
    return gone
