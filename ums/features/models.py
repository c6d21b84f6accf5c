"""Which parts of UMS are switched on."""

from __future__ import annotations

from django.db import models

from ums.features.registry import FEATURES


class Feature(models.Model):
    """A feature that was switched at least once; one without a row is as `ums.features.registry` declares it."""

    name = models.CharField(max_length=64, primary_key=True)
    enabled = models.BooleanField()
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.CharField(max_length=150)

    access_directory = None

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return FEATURES[self.name].label if self.name in FEATURES else self.name
