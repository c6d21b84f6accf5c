"""Files that come with profiles."""

from __future__ import annotations

from django.db import models

from ums.files.models import File
from ums.profiles.models.profiles import Profile


class ProfileFile(models.Model):
    """A file goes to all devices on which a profile takes effect."""

    profile = models.ForeignKey(Profile, models.CASCADE, related_name="profile_files")
    file = models.ForeignKey(File, models.CASCADE, related_name="profile_files")
    author_name = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint("profile", "file", name="file_unique_in_profile")]

    def __str__(self) -> str:
        return f"file {self.file_id} with profile {self.profile_id}"
