"""Administrators who come from linked directories."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q

from swp.models.directories import LinkedDirectory
from ums.core.access import Action


class DirectoryAdministrator(models.Model):
    """A user or a group of a linked directory, and the account or group here that stands for it.

    imported: somebody chose it. A user who is let in because of an imported group has a row as well, which says who it
    is in the directory; it may do what its groups may. account: how it is found there, sid: what AD lists groups by.
    """

    directory = models.ForeignKey(LinkedDirectory, models.CASCADE, related_name="administrators")
    guid = models.UUIDField()
    sid = models.CharField(max_length=184, blank=True)
    name = models.CharField(max_length=1000)
    account = models.CharField(max_length=256, blank=True)
    dn = models.TextField()
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="in_directory"
    )
    group = models.OneToOneField(Group, models.CASCADE, null=True, blank=True, related_name="in_directory")
    imported = models.BooleanField(default=True)
    seen_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    access_directory = None

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint("directory", "guid", name="directory_administrator_once"),
            models.CheckConstraint(
                name="directory_administrator_is_one",
                condition=Q(user__isnull=False, group__isnull=True) | Q(user__isnull=True, group__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_group(self) -> bool:
        """Whether it stands for a group."""
        return self.group_id is not None

    @property
    def actions(self) -> list[str]:
        """What it may do everywhere, in the order of actions; from grants that are fetched along."""
        holder = self.group or self.user
        own = {one.action for one in holder.grants.all() if one.allow and one.directory_id is None} if holder else set()
        return [action.value for action in Action if action in own]

    @property
    def allowed(self) -> list[str]:
        """The same in words."""
        return [Action(action).label for action in self.actions]
