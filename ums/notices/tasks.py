"""Started by beat."""

from __future__ import annotations

from celery import shared_task

from ums.notices.services import notices_prune


@shared_task
def prune() -> None:
    """Notices that were settled long ago."""
    notices_prune()
