"""Started by beat."""

from __future__ import annotations

from celery import shared_task

from swp.following import as_browse_account, follow
from swp.refreshing import groups_refresh
from swp.services import logins_prune
from ums.core.actor import SYSTEM


@shared_task
def refresh() -> None:
    """Groups of those who are logged in."""
    groups_refresh()


@shared_task
def prune() -> None:
    """Logins that have become too old."""
    logins_prune()


@shared_task
def follow_objects() -> None:
    """Objects with profiles that were renamed, moved or deleted in their directory."""
    follow(actor=SYSTEM, opening=as_browse_account)
