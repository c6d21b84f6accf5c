"""Linked directories and what holds for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Min, Q

from swp.models import (
    DirectoryAdministrator,
    DirectoryCertificate,
    LinkedDirectory,
    Session,
    SharedWorkplaceSettings,
    UserAssignment,
)
from ums.core.access import Action, restrict

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class Taken:
    """What goes with a linked directory when it is removed."""

    assignments: int
    profiles: int
    sessions: int
    users: int
    groups: int


def linked_directory_list(*, user: Any) -> QuerySet[LinkedDirectory]:
    """The linked directories, with `certificate_count` and `first_end` (when the first certificate expires)."""
    rows = LinkedDirectory.objects.annotate(
        certificate_count=Count("certificates"), first_end=Min("certificates__not_after")
    )
    return restrict(rows, user, Action.ADMINISTER)


def certificates_of_directory(*, directory: LinkedDirectory) -> QuerySet[DirectoryCertificate]:
    """By what the controllers of a directory are trusted."""
    return DirectoryCertificate.objects.filter(directory=directory)


def taken_along(*, directory: LinkedDirectory) -> Taken:
    """What becomes of a directory's belongings when it is removed: two queries and a few counts."""
    assigned = UserAssignment.objects.filter(target__directory=directory).order_by()
    counted = assigned.aggregate(all=Count("pk"), profiles=Count("profile", distinct=True))
    administrators = DirectoryAdministrator.objects.filter(directory=directory).order_by()
    holders = administrators.aggregate(
        users=Count("pk", filter=Q(user__isnull=False)), groups=Count("pk", filter=Q(group__isnull=False))
    )
    sessions = Session.objects.filter(user__directory=directory).count()
    return Taken(counted["all"], counted["profiles"], sessions, holders["users"], holders["groups"])


def workplace_settings() -> SharedWorkplaceSettings:
    """The one row of settings; as it is at first while nobody changed them."""
    return SharedWorkplaceSettings.objects.first() or SharedWorkplaceSettings()


def administrator_list(*, user: Any) -> QuerySet[DirectoryAdministrator]:
    """The imported users and groups, with their grants fetched along."""
    rows = DirectoryAdministrator.objects.filter(imported=True).select_related("directory", "user", "group")
    return restrict(rows.prefetch_related("user__grants", "group__grants"), user, Action.ADMINISTER)
