"""Started by beat."""

from __future__ import annotations

from celery import shared_task

from ha.services import history_prune


@shared_task
def prune() -> None:
    """What is kept of the past and has become too old."""
    history_prune()
