"""Parameter catalogues."""

from __future__ import annotations

from django.db import models


class Catalogue(models.Model):
    """The parameters of one firmware version, as `docs/catalogues.md` describes them."""

    name = models.CharField(max_length=100)
    version = models.CharField(max_length=50)
    os = models.CharField(max_length=50, help_text="Profiles of another kind of OS are ignored on a device.")
    definition = models.TextField()
    parameter_count = models.PositiveIntegerField(default=0)
    page_count = models.PositiveIntegerField(default=0)
    checksum = models.CharField(max_length=64)
    imported_at = models.DateTimeField(auto_now=True)

    access_directory = None

    class Meta:
        ordering = ["name", "version"]
        constraints = [models.UniqueConstraint("name", "version", name="catalogue_version_unique")]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
