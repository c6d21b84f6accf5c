"""Started by beat."""

from __future__ import annotations

from celery import shared_task

from ums.imi import services


@shared_task
def prune() -> None:
    """Sessions that have ended."""
    services.sessions_prune()
