"""Started by beat."""

from __future__ import annotations

from celery import shared_task

from ums.project.status import status


@shared_task
def canary() -> None:
    """Shows that the worker works."""
    status.worker_beat()
