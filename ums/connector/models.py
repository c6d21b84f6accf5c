"""How devices get in: authorities, first-authentication keys, device certificates."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ums.devices.models import Device, Directory


class Authority(models.Model):
    """A certificate authority of this installation. Its key is sealed."""

    class Purpose(models.TextChoices):
        DEVICE = "device", "Device certificates"
        WEB = "web", "Server certificates"

    purpose = models.CharField(max_length=8, choices=Purpose.choices, unique=True)
    certificate = models.TextField(help_text="PEM")
    sealed_key = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    access_directory = None

    class Meta:
        verbose_name_plural = "authorities"

    def __str__(self) -> str:
        return self.get_purpose_display()


class EnrolmentKey(models.Model):
    """A first-authentication key: what a device shows to be taken in (domain/device-protocol.md §3)."""

    class Kind(models.TextChoices):
        ONE_TIME = "one_time", "One-time"
        BOUND = "bound", "One-time, bound to a unit ID"
        MASS = "mass", "Mass deployment"

    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.ONE_TIME)
    digest = models.CharField(max_length=64, unique=True, help_text="Keyed hash: finds the key, does not tell it.")
    sealed_secret = models.TextField()
    unit_id = models.CharField("Unit ID", max_length=64, blank=True)
    directory = models.ForeignKey(Directory, models.SET_NULL, null=True, blank=True, help_text="Where new devices go.")
    enabled = models.BooleanField(default=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    used_count = models.PositiveIntegerField(default=0)
    last_used_at = models.DateTimeField(null=True, blank=True)
    author_name = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)

    access_directory = None

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(name="enrolmentkey_bound_has_unit_id", condition=~Q(kind="bound") | ~Q(unit_id="")),
            models.CheckConstraint(
                name="enrolmentkey_one_time_used_once", condition=Q(kind="mass") | Q(used_count__lte=1)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Certificate(models.Model):
    """A device certificate. Valid when not revoked and not expired; the device proves that it holds the key."""

    device = models.ForeignKey(Device, models.CASCADE, related_name="certificates")
    fingerprint = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the certificate, hex.")
    serial_number = models.CharField(max_length=64)
    public_key = models.TextField(help_text="PEM")
    certificate = models.TextField(help_text="PEM")
    enrolment_key = models.ForeignKey(EnrolmentKey, models.SET_NULL, null=True)
    not_after = models.DateTimeField()
    issued_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.fingerprint[:16]
