"""Commands to devices. All commands of one click are a batch; their states are rows."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from ums.core.access import AccessQuerySet
from ums.devices.models import Device
from ums.domain.protocol import CommandKind

KINDS = [
    (CommandKind.REBOOT.value, "Reboot"),
    (CommandKind.SHUTDOWN.value, "Shut down"),
    (CommandKind.MESSAGE.value, "Send message"),
    (CommandKind.FACTORY_RESET.value, "Reset to factory defaults"),
    (CommandKind.SETTINGS.value, "Send settings"),
]


class Batch(models.Model):
    """One command that an administrator gave to one or many devices."""

    kind = models.CharField(max_length=16, choices=KINDS)
    arguments = models.JSONField(default=dict, blank=True)
    target = models.CharField(max_length=255, help_text="In words: “Ward 3 and below”, “TC-0012”.")
    total = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    author_name = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "batches"
        indexes = [models.Index(fields=["author", "-id"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.target}"


class CommandState(models.TextChoices):
    """queued → sent → succeeded or failed; queued or sent → expired; queued → cancelled."""

    QUEUED = "queued", "Waiting for the device"
    SENT = "sent", "Sent"
    SUCCEEDED = "succeeded", "Done"
    FAILED = "failed", "Failed"
    EXPIRED = "expired", "Expired"
    CANCELLED = "cancelled", "Cancelled"


OPEN_STATES = (CommandState.QUEUED, CommandState.SENT)


class Command(models.Model):
    """What one device is to do. Changed by compare-and-swap on `state` only."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="commands")
    device = models.ForeignKey(Device, models.CASCADE, related_name="commands")
    kind = models.CharField(max_length=16, choices=KINDS)
    state = models.CharField(max_length=9, choices=CommandState.choices, default=CommandState.QUEUED)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    text = models.CharField(max_length=4096, blank=True)

    access_directory: ClassVar[str] = "device__directory"
    objects = AccessQuerySet["Command"].as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["device", "-id"]),
            models.Index(fields=["batch", "state"]),
            models.Index(fields=["device"], condition=Q(state__in=["queued", "sent"]), name="command_open"),
            models.Index(fields=["expires_at"], condition=Q(state__in=["queued", "sent"]), name="command_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.device_id} {self.state}"
