"""Parameter catalogues, profiles with their revisions, and what they are assigned to."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from ums.core.access import AccessQuerySet
from ums.devices.models import Device, Directory


class Catalogue(models.Model):
    """The parameters of one firmware version, as `docs/catalogues.md` describes them."""

    name = models.CharField(max_length=100)
    version = models.CharField(max_length=50)
    os = models.CharField(max_length=50, help_text="Profiles of another kind of OS are ignored on a device.")
    definition = models.TextField()
    checksum = models.CharField(max_length=64)
    imported_at = models.DateTimeField(auto_now=True)

    access_directory = None

    class Meta:
        ordering = ["name", "version"]
        constraints = [models.UniqueConstraint("name", "version", name="catalogue_version_unique")]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class ProfileKind(models.TextChoices):
    """Standard profiles: nearer wins. Priority profiles: beat all standard ones, and the further away wins."""

    STANDARD = "standard", "Standard profile"
    PRIORITY = "priority", "Priority profile"


class Profile(models.Model):
    """A set of activated parameters. Its content is its `head` revision."""

    kind = models.CharField(max_length=8, choices=ProfileKind.choices, default=ProfileKind.STANDARD)
    name = models.CharField(max_length=255)
    description = models.TextField(max_length=4000, blank=True)
    directory = models.ForeignKey(Directory, models.PROTECT, related_name="profiles")
    based_on = models.ForeignKey(Catalogue, models.PROTECT, related_name="profiles")
    head = models.OneToOneField("Revision", models.PROTECT, null=True, blank=True, related_name="head_of")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    access_directory: ClassVar[str] = "directory"
    objects = AccessQuerySet["Profile"].as_manager()

    class Meta:
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["kind", "name", "id"])]

    def __str__(self) -> str:
        return self.name


class Revision(models.Model):
    """The content of a profile at one time. Never changed: a roll back is a new revision."""

    profile = models.ForeignKey(Profile, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    content = models.JSONField(help_text="As `settings_to_json` writes it; secrets are sealed.")
    overwrite_sessions = models.BooleanField(default=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    author_name = models.CharField(max_length=150)
    comment = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    access_directory: ClassVar[str] = "profile__directory"

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint("profile", "number", name="revision_number_unique")]

    def __str__(self) -> str:
        return f"{self.profile_id} revision {self.number}"


class Assignment(models.Model):
    """A profile takes effect on a device, or on all devices below a directory."""

    profile = models.ForeignKey(Profile, models.CASCADE, related_name="assignments")
    device = models.ForeignKey(Device, models.CASCADE, null=True, blank=True, related_name="assignments")
    directory = models.ForeignKey(Directory, models.CASCADE, null=True, blank=True, related_name="assignments")
    author_name = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="assignment_has_one_target",
                condition=Q(device__isnull=False, directory__isnull=True)
                | Q(device__isnull=True, directory__isnull=False),
            ),
            models.UniqueConstraint("profile", "device", name="assignment_unique_on_device"),
            models.UniqueConstraint("profile", "directory", name="assignment_unique_on_directory"),
        ]

    def __str__(self) -> str:
        return f"profile {self.profile_id} on {'device' if self.device_id else 'directory'}"

    @property
    def target(self) -> Device | Directory:
        """The device or directory."""
        return self.device or self.directory  # type: ignore[return-value]
