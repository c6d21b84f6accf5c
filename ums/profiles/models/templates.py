"""Template keys, their values, and what these are assigned to."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from ums.core.access import AccessQuerySet
from ums.devices.models import Device, Directory, OnTarget, one_target


class KeyType(models.TextChoices):
    """What the values of a template key are (domain/profiles.md §4)."""

    STRING = "string", "String"
    CHECKBOX = "checkbox", "Checkbox"
    INTEGER = "integer", "Integer"
    FLOAT = "float", "Floating point"


class TemplateKey(models.Model):
    """A name that stands in profiles for a value, which each device gets by where it is."""

    name = models.CharField(max_length=64, unique=True)
    type = models.CharField(max_length=8, choices=KeyType.choices, default=KeyType.STRING)
    description = models.CharField(max_length=1000, blank=True)
    directory = models.ForeignKey(Directory, models.PROTECT, related_name="template_keys")
    created_at = models.DateTimeField(auto_now_add=True)

    access_directory: ClassVar[str] = "directory"
    objects = AccessQuerySet["TemplateKey"].as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TemplateValue(models.Model):
    """One of the values of a key; it is what gets assigned."""

    key = models.ForeignKey(TemplateKey, models.CASCADE, related_name="values")
    value = models.JSONField()
    description = models.CharField(max_length=1000, blank=True)

    access_directory: ClassVar[str] = "key__directory"
    objects = AccessQuerySet["TemplateValue"].as_manager()

    class Meta:
        ordering = ["key__name", "pk"]
        constraints = [models.UniqueConstraint("key", "value", name="template_value_unique_in_key")]

    def __str__(self) -> str:
        return f"{self.key.name} = {self.value}"


class ValueGroup(models.Model):
    """Values of several keys that are assigned together: one value of each key at most."""

    name = models.CharField(max_length=255, unique=True)
    description = models.CharField(max_length=1000, blank=True)
    directory = models.ForeignKey(Directory, models.PROTECT, related_name="value_groups")
    values = models.ManyToManyField(TemplateValue, related_name="groups", blank=True)

    access_directory: ClassVar[str] = "directory"
    objects = AccessQuerySet["ValueGroup"].as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TemplateAssignment(OnTarget):
    """A value, or a group of values, counts for a device or for all devices below a directory."""

    value = models.ForeignKey(TemplateValue, models.CASCADE, null=True, blank=True, related_name="assignments")
    group = models.ForeignKey(ValueGroup, models.CASCADE, null=True, blank=True, related_name="assignments")
    device = models.ForeignKey(Device, models.CASCADE, null=True, blank=True, related_name="template_assignments")
    directory = models.ForeignKey(Directory, models.CASCADE, null=True, blank=True, related_name="template_assignments")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="template_assignment_has_one_object",
                condition=Q(value__isnull=False, group__isnull=True) | Q(value__isnull=True, group__isnull=False),
            ),
            one_target("template_assignment_has_one_target"),
            models.UniqueConstraint("value", "device", name="template_value_unique_on_device"),
            models.UniqueConstraint("value", "directory", name="template_value_unique_on_directory"),
            models.UniqueConstraint("group", "device", name="value_group_unique_on_device"),
            models.UniqueConstraint("group", "directory", name="value_group_unique_on_directory"),
        ]

    def __str__(self) -> str:
        return f"{self.value or self.group} on {'device' if self.device_id else 'directory'}"
