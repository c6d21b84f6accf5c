"""Administrators, what they are granted, and tokens for programs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser, Group
from django.db import models
from django.db.models import Q

from ums.core.access import NETWORK_ACTIONS, Action, limit_of


class User(AbstractUser):
    """An administrator. `is_superuser` may do everything; all others what their grants say."""

    def effective_grants(self) -> list[tuple[str, bool, int | None]]:
        """(action, allow, directory id) of the user's own grants and those of its groups: one query."""
        rows = Grant.objects.filter(Q(user=self) | Q(group__user=self)).distinct()
        return list(rows.values_list("action", "allow", "directory_id"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As the base class. Raises TypeError for the user of a limited token: it lacks what its row has."""
        if limit_of(self) is not None:
            raise TypeError("read the user from the database before it is saved: rights of this object are limited")
        super().save(*args, **kwargs)


class Grant(models.Model):
    """One action allowed or denied to one user or group on one directory's subtree (none: everywhere)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="grants")
    group = models.ForeignKey(Group, models.CASCADE, null=True, blank=True, related_name="grants")
    action = models.CharField(max_length=16, choices=Action.choices)
    allow = models.BooleanField(default=True)
    # Named by its label: devices stand above accounts, and only the database knows both.
    directory = models.ForeignKey("devices.Directory", models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="grant_has_one_holder",
                condition=Q(user__isnull=False, group__isnull=True) | Q(user__isnull=True, group__isnull=False),
            ),
            models.CheckConstraint(
                name="grant_of_network_has_no_directory",
                condition=~Q(action__in=sorted(NETWORK_ACTIONS)) | Q(directory__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{'allow' if self.allow else 'deny'} {self.action} to {self.user or self.group}"


class ApiToken(models.Model):
    """A token for `/api/v1/`. Shown once; only a keyed hash of its secret is stored."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    key = models.CharField(max_length=16, unique=True, help_text="The public part, which finds the row.")
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_address = models.CharField(max_length=64, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    read_only = models.BooleanField(default=False)
    limited = models.BooleanField(default=False, help_text="To `directories`; without any it reaches nothing.")
    directories = models.ManyToManyField("devices.Directory", blank=True, related_name="+")
    networks = models.JSONField(default=list, blank=True, help_text="Where it may come from, as CIDR; none: anywhere.")
    refused_at = models.DateTimeField(null=True, blank=True, help_text="When it last came from another network.")
    refused_address = models.CharField(max_length=64, blank=True)

    access_directory = None

    class Meta:
        verbose_name = "API token"
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name
