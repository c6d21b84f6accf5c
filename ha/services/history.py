"""What is kept of the past: a day of points for the pictures, and a season of events for people."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from ha.clock import database_now
from ha.models import NetworkEvent, ProcessSample

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from ha.services.processes import Figures, Identity

KEEP_SAMPLES = timedelta(hours=24)
KEEP_EVENTS = timedelta(days=90)

AT_ONCE = 1000
"""Rows that one transaction removes: others write meanwhile."""


def process_sample(*, identity: Identity, figures: Figures) -> None:
    """A point of the process's picture, once a minute."""
    sample = ProcessSample(
        process_id=identity.id,
        at=database_now().replace(second=0, microsecond=0),
        connected=figures.connected,
        waiting=figures.waiting,
        refused=figures.refused,
    )
    ProcessSample.objects.bulk_create([sample], ignore_conflicts=True)


def history_prune() -> int:
    """Remove points and events that are older than they are kept. Returns how many. Any number of processes may do this
    at the same time: rows that one of them is removing are passed over by the others."""
    now = database_now()
    old_samples = ProcessSample.objects.filter(at__lt=now - KEEP_SAMPLES)
    old_events = NetworkEvent.objects.filter(at__lt=now - KEEP_EVENTS)
    return _remove(old_samples) + _remove(old_events)


def _remove(rows: QuerySet[Any]) -> int:
    removed = 0
    while True:
        with transaction.atomic():
            ids = list(rows.select_for_update(skip_locked=True).order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
            rows.model.objects.filter(pk__in=ids).delete()
        removed += len(ids)
        if len(ids) < AT_ONCE:
            return removed
