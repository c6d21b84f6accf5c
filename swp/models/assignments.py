"""What profiles of users are assigned to."""

from __future__ import annotations

from django.db import models

from swp.models.directories import DirectoryObject
from ums.profiles.models import Profile


class UserAssignment(models.Model):
    """A standard or priority profile takes effect on a user, on the members of a group, or on all below an OU."""

    profile = models.ForeignKey(Profile, models.CASCADE, related_name="user_assignments")
    target = models.ForeignKey(DirectoryObject, models.CASCADE, related_name="assignments")
    author_name = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)

    access_directory = None

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint("profile", "target", name="user_assignment_once")]

    def __str__(self) -> str:
        return f"profile {self.profile_id} on directory object {self.target_id}"
