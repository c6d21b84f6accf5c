"""Reading what is assigned to users, and where they are logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swp.models import SessionPrincipal
from ums.devices.models import Device

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from swp.models import DirectoryObject


def devices_reached(*, targets: Iterable[DirectoryObject]) -> QuerySet[Device]:
    """Devices with somebody logged in whom an assignment to one of the objects reaches: the user itself, a member of
    the group, or below the OU."""
    keys = {str(one.guid) for one in targets}
    sessions = SessionPrincipal.objects.filter(key__in=keys).order_by().values("session_id")
    return Device.objects.filter(pk__in=sessions)
