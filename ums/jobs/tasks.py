"""Started by beat."""

from __future__ import annotations

from celery import shared_task

from ums.jobs.services import commands_expire


@shared_task
def expire() -> None:
    """Commands whose device did not come in time."""
    commands_expire()
