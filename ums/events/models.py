"""What happened, for programs: append-only, narrow, in an order that readers can follow without missing anything."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Event(models.Model):
    """One thing that happened. Names are stored as text, so that they outlive what they name.

    `position` is where it stands in the order that readers follow: empty until its transaction is over and somebody
    has numbered it (`ums.events.numbering`).
    """

    position = models.BigIntegerField(null=True, unique=True, editable=False)
    time = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=64, help_text="As in “device.online”.")
    sees = models.CharField(max_length=16, help_text="Who may do this may see the event.")
    directory = models.BigIntegerField(null=True, help_text="Where it happened; none: in the network.")
    object_type = models.CharField(max_length=64, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    object_name = models.CharField(max_length=255, blank=True)
    actor = models.CharField(max_length=150, blank=True, help_text="Who did it; empty: it happened by itself.")
    data = models.JSONField(default=dict)

    access_directory: ClassVar[str] = "directory"

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(position=None), name="events_not_numbered"),
            models.Index(fields=["time"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_name}"


class Feed(models.Model):
    """The one row (`pk` 1) that says how far events are numbered and since when they are kept.

    Who numbers locks it, so that numbers are given by one at a time.
    """

    last = models.BigIntegerField(default=0, help_text="The newest position.")
    pruned = models.BigIntegerField(default=0, help_text="Events up to this position are no longer kept.")
    kept_days = models.PositiveSmallIntegerField(default=30, validators=[MinValueValidator(1), MaxValueValidator(365)])

    access_directory = None

    def __str__(self) -> str:
        return f"events to {self.last}"
