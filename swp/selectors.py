"""Reading what is assigned to users, and whom it reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count

from swp.models import DirectoryObject, UserAssignment
from swp.reached import devices_of_objects
from ums.core.access import Action, restrict
from ums.profiles.kinds import counting
from ums.profiles.models import Profile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from ums.devices.models import Device


def devices_reached(*, targets: Iterable[DirectoryObject]) -> QuerySet[Device]:
    """Devices with somebody logged in whom an assignment to one of the objects reaches: the user itself, a member of
    the group, or below the OU."""
    return devices_of_objects({one.guid for one in targets})


def user_assignment_list(*, user: Any) -> QuerySet[UserAssignment]:
    """The assignments to objects of directories whose profile `user` may read; none without “users”."""
    profiles = restrict(Profile.objects.filter(counting()).order_by(), user, Action.READ).values("pk")
    rows = UserAssignment.objects.filter(profile__in=profiles).select_related("profile", "target__directory")
    return restrict(rows, user, Action.USERS)


def orphan_list(*, user: Any) -> QuerySet[DirectoryObject]:
    """Objects with assignments that are not in their directory any more, with `assignment_count`; for “users”."""
    rows = DirectoryObject.objects.filter(gone_at__isnull=False, assignments__isnull=False)
    rows = rows.select_related("directory").annotate(assignment_count=Count("assignments"))
    return restrict(rows, user, Action.USERS)
