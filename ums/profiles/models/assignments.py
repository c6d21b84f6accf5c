"""What profiles are assigned to."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ums.devices.models import Device, Directory
from ums.profiles.models.profiles import Profile


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
