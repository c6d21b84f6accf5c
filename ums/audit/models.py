"""The audit log: who changed what, when, from where, and how it was before."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Event(models.Model):
    """One change. Names are stored as text, so that they outlive what they name."""

    time = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(max_length=150)
    address = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=36, blank=True)
    action = models.CharField(max_length=64, help_text="Noun and verb in the past tense, as in “profile.saved”.")
    object_type = models.CharField(max_length=64, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    object_name = models.CharField(max_length=255, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    comment = models.CharField(max_length=1000, blank=True)

    access_directory = None

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["action", "-id"]),
            models.Index(fields=["object_type", "object_id", "-id"]),
            models.Index(fields=["actor_name", "-id"]),
            models.Index(fields=["object_name", "-id"]),
            models.Index(fields=["address", "-id"]),
            models.Index(fields=["time"]),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_name} by {self.actor_name}"
