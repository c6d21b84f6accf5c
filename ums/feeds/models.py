"""Webhooks: who is told of events over HTTPS, and what became of each delivery."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q


class Webhook(models.Model):
    """An address that is told of events that its owner may see.

    position: how far events were looked at for it. kinds: those that it gets, none: all. secret: sealed; receivers
    check signatures with it. failing_since: nothing was taken since then; failures: tries since then.
    """

    name = models.CharField(max_length=100, unique=True)
    url = models.CharField("URL", max_length=500, validators=[URLValidator(schemes=["https"])])
    secret = models.TextField(editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    kinds = models.JSONField(default=list, blank=True)
    enabled = models.BooleanField(default=True)
    position = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    paused_at = models.DateTimeField(null=True, blank=True)

    access_directory = None

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """active, failing, paused, off, or ownerless: nobody is left whose rights it could have. Join the owner."""
        if self.owner is None or not self.owner.is_active:
            return "ownerless"
        if not self.enabled:
            return "off"
        if self.paused_at:
            return "paused"
        return "failing" if self.failing_since else "active"


class Delivery(models.Model):
    """One event on its way to one webhook. It is sent by whoever has claimed it until `claimed_until`.

    body: what is sent, the same with each try. tries: [{"at", "status", "ms", "detail"}], the latest last.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    kind = models.CharField(max_length=64)
    position = models.BigIntegerField(null=True, blank=True, help_text="Of the event; a test has none.")
    body = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="What the receiver answered at last.")
    tries = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    access_directory = None

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state="waiting"), name="delivery_waiting"),
            models.Index(fields=["webhook", "-id"], name="delivery_of_webhook"),
            models.Index(fields=["created_at"], name="delivery_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.webhook}"
