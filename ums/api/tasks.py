"""Started by beat."""

from __future__ import annotations

from celery import shared_task

from ums.api.services import answers_prune


@shared_task
def prune() -> None:
    """Answers that nobody asks for again."""
    answers_prune()
