"""Profiles of all kinds and their revisions."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from ums.core.access import AccessQuerySet
from ums.devices.models import Directory
from ums.profiles.models.catalogues import Catalogue


class ProfileKind(models.TextChoices):
    """Standard profiles: nearer wins. Priority profiles: beat all standard ones, and the further away wins. Firmware
    customizations stand between the two, firmware updates above all (domain/profiles.md §5; docs/adr/0005).
    """

    STANDARD = "standard", "Standard profile"
    PRIORITY = "priority", "Priority profile"
    CUSTOMIZATION = "customization", "Firmware customization"
    UPDATE = "update", "Universal firmware update"


class UseCase(models.TextChoices):
    """What a firmware customization is about; of one use case a device has one customization."""

    WALLPAPER = "wallpaper", "Wallpaper"
    BOOTSPLASH = "bootsplash", "Boot splash"
    SCREENSAVER = "screensaver", "Screen saver"
    TASKBAR = "taskbar", "Taskbar and start button"


class Profile(models.Model):
    """A set of activated parameters. Its content is its `head` revision."""

    kind = models.CharField(max_length=16, choices=ProfileKind.choices, default=ProfileKind.STANDARD)
    use_case = models.CharField(max_length=16, choices=UseCase.choices, blank=True)
    name = models.CharField(max_length=255)
    description = models.TextField(max_length=4000, blank=True)
    directory = models.ForeignKey(Directory, models.PROTECT, related_name="profiles")
    based_on = models.ForeignKey(Catalogue, models.PROTECT, related_name="profiles")
    head = models.OneToOneField("Revision", models.PROTECT, null=True, blank=True, related_name="head_of")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="Since then it lies in the recycle bin.")
    deleted_by = models.CharField(max_length=150, blank=True)
    origin = models.JSONField(
        default=dict, blank=True, help_text="What the file that it was imported from said and no other column holds."
    )

    access_directory: ClassVar[str] = "directory"
    objects = AccessQuerySet["Profile"].as_manager()

    class Meta:
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["kind", "name", "id"])]

    def __str__(self) -> str:
        return self.name


class Revision(models.Model):
    """The content of a profile at one time. Never changed: a roll back is a new revision.

    `based_on`: the catalogue that it was checked against; empty in revisions older than this column, which have the
    profile's.
    """

    profile = models.ForeignKey(Profile, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    based_on = models.ForeignKey(Catalogue, models.PROTECT, null=True, related_name="+")
    content = models.JSONField(help_text="As `settings_to_json` writes it; secrets are sealed.")
    overwrite_sessions = models.BooleanField(default=False)
    template_keys = models.JSONField(default=list, blank=True, help_text="Names of the keys that its expressions use.")
    change_count = models.PositiveIntegerField(
        null=True, help_text="In how many values it differs from the one before."
    )
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
