"""What an administrator should know, and what stays until somebody has settled it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ums.devices.models import Device


class Notice(models.Model):
    """Something that was noticed, not done: by a rule, not by a person.

    key: what makes two of them the same; while one is open, the same again only counts. kind: as `ums.notices.kinds`
    declares it. device: where it was noticed; who may read that sees the notice. path: the page that shows more.
    """

    class Level(models.TextChoices):
        INFO = "info", "Information"
        WARNING = "warning", "Warning"
        ERROR = "error", "Error"

    key = models.CharField(max_length=200)
    kind = models.CharField(max_length=64)
    level = models.CharField(max_length=8, choices=Level.choices, default=Level.WARNING)
    title = models.CharField(max_length=255)
    detail = models.CharField(max_length=1000, blank=True)
    device = models.ForeignKey(Device, models.SET_NULL, null=True, blank=True, related_name="notices")
    device_name = models.CharField(max_length=255, blank=True)
    path = models.CharField(max_length=255, blank=True)
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.CharField(max_length=150, blank=True)

    access_directory = "device__directory"

    class Meta:
        ordering = ["-last_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(settled_at=None), name="notice_open_once"),
        ]
        indexes = [
            models.Index("last_at", "id", name="notice_by_time"),
            models.Index(fields=["key"], name="notice_by_key"),
            models.Index(fields=["last_at", "id"], condition=Q(settled_at=None), name="notice_open"),
            models.Index(fields=["settled_at"], condition=Q(settled_at__isnull=False), name="notice_settled"),
        ]

    def __str__(self) -> str:
        return self.title
