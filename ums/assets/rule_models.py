"""Rules that notify, and what holds for all assets."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ums.devices.models import Directory
from ums.notices.models import Notice


class AssetRule(models.Model):
    """A notice is posted when something happens to an asset that the filter means, at a device below the directory.

    filter: as in the filter bar (`ums.assets.criteria.RULE_FIELDS`); empty: every asset. directory: None: all devices.
    minutes: how long an asset must be gone. counts_from: what happened before is none of its business. judged_to: what
    the server had learned until then has been looked at.
    """

    class Kind(models.TextChoices):
        NOT_ALLOWED = "not_allowed", "A peripheral that is not allowed"
        VANISHED = "vanished", "An asset that disappears"

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    filter = models.CharField(max_length=1000, blank=True)
    directory = models.ForeignKey(Directory, models.CASCADE, null=True, blank=True, related_name="asset_rules")
    minutes = models.PositiveIntegerField(
        "Gone for", default=60, validators=[MaxValueValidator(525_600)], help_text="Minutes before it counts."
    )
    level = models.CharField(max_length=8, choices=Notice.Level.choices, default=Notice.Level.WARNING)
    enabled = models.BooleanField(default=True)
    counts_from = models.DateTimeField(default=timezone.now)
    judged_to = models.DateTimeField(null=True, editable=False)
    author_name = models.CharField(max_length=150)
    updated_at = models.DateTimeField(auto_now=True)

    access_directory: ClassVar[str] = "directory"

    class Meta:
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["kind"], condition=Q(enabled=True), name="asset_rule_enabled")]

    def __str__(self) -> str:
        return self.name


class AssetSettings(models.Model):
    """What holds for all assets: one row, or none while everything is as at first."""

    only = models.BooleanField(default=True, unique=True, editable=False)
    history_days = models.PositiveIntegerField(
        "Keep the history for",
        default=365,
        validators=[MinValueValidator(1), MaxValueValidator(36_500)],
        help_text="Days. Assets that are plugged in nowhere are forgotten with the last of their history.",
    )

    access_directory = None

    class Meta:
        constraints = [models.CheckConstraint(name="asset_settings_only_one", condition=Q(only=True))]

    def __str__(self) -> str:
        return "Asset Inventory Tracker"
