"""Started by beat."""

from __future__ import annotations

from celery import shared_task

from ums.devices import services


@shared_task
def presence_lost() -> None:
    """Connections that a dead server claims."""
    services.presence_lost()
