"""Sessions of clients."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class ImiSession(models.Model):
    """Somebody logged in with `POST /umsapi/v3/login`; good on every server of the network.

    Only a keyed hash of its id is stored. It ends 30 minutes after its last use, at logout, and with the password.
    """

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    password = models.CharField(max_length=64, help_text="What the password was, as Django's sessions remember it.")
    address = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField()

    access_directory = None

    class Meta:
        indexes = [models.Index(fields=["used_at"])]

    def __str__(self) -> str:
        return f"{self.user_id} since {self.created_at}"
