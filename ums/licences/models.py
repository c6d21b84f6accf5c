"""Licences that were imported, and the devices that they were given to."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ums.domain.licences import FACTS, LicenceKind


class Licence(models.Model):
    """One line of a licence file, or the test licence of this network.

    number: the licensor's, which makes a second import of the same file harmless. quantity: how many devices it can be
    given to, or covers; None: all. expires_at: None for ever.
    """

    KINDS = [(kind.value, facts.label) for kind, facts in FACTS.items()]

    number = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=8, choices=KINDS)
    quantity = models.PositiveIntegerField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    test = models.BooleanField(default=False)
    comment = models.CharField(max_length=255, blank=True)
    added_at = models.DateTimeField(auto_now_add=True)
    added_by = models.CharField(max_length=150)

    access_directory = None

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="licence_quantity",
                condition=Q(quantity__gte=1) | Q(quantity=None, kind=LicenceKind.TRIAL.value),
            ),
            models.CheckConstraint(
                name="licence_expires",
                condition=~Q(kind__in=[LicenceKind.EMP.value, LicenceKind.TRIAL.value]) | Q(expires_at__isnull=False),
            ),
            models.UniqueConstraint("kind", condition=Q(kind=LicenceKind.TRIAL.value), name="licence_one_trial"),
        ]

    def __str__(self) -> str:
        return self.number


class GivenLicence(models.Model):
    """A device has a licence: for good, so it is known by its unit ID. Who deletes the device and lets it enrol again
    finds its licence there (manual p. 46: it cannot be cancelled).
    """

    licence = models.ForeignKey(Licence, models.PROTECT, related_name="given")
    unit_id = models.CharField("Unit ID", max_length=64)
    device_name = models.CharField(max_length=255, blank=True)
    given_at = models.DateTimeField(auto_now_add=True)
    given_by = models.CharField(max_length=150)

    access_directory = None

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint("unit_id", "licence", name="licence_given_once")]

    def __str__(self) -> str:
        return f"{self.licence_id} on {self.unit_id}"
