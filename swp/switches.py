"""At which devices the service Shared Workplace is switched off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swp.models import ServiceOff
from ums.core.among import among

if TYPE_CHECKING:
    from collections.abc import Collection


def switched_off(device_ids: Collection[int]) -> set[int]:
    """Those of the devices at which nobody can log in for that reason: one query."""
    return set(ServiceOff.objects.filter(device__in=among(device_ids)).order_by().values_list("device_id", flat=True))
