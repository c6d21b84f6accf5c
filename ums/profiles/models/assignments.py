"""What profiles are assigned to."""

from __future__ import annotations

from django.db import models

from ums.devices.models import Device, Directory, OnTarget, one_target
from ums.profiles.models.profiles import Profile


class Assignment(OnTarget):
    """A profile takes effect on a device, or on all devices below a directory."""

    profile = models.ForeignKey(Profile, models.CASCADE, related_name="assignments")
    device = models.ForeignKey(Device, models.CASCADE, null=True, blank=True, related_name="assignments")
    directory = models.ForeignKey(Directory, models.CASCADE, null=True, blank=True, related_name="assignments")

    class Meta:
        ordering = ["pk"]
        constraints = [
            one_target("assignment_has_one_target"),
            models.UniqueConstraint("profile", "device", name="assignment_unique_on_device"),
            models.UniqueConstraint("profile", "directory", name="assignment_unique_on_directory"),
        ]

    def __str__(self) -> str:
        return f"profile {self.profile_id} on {'device' if self.device_id else 'directory'}"
