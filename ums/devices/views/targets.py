"""Devices and directories that something is assigned to, as the dialogs “Assign…” of all rooms ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q

from ums.core.access import Action, restrict
from ums.core.ids import numbers
from ums.core.rest import all_of
from ums.devices.filters import search
from ums.devices.models import Device, Directory, DirectoryKind
from ums.devices.places import DeviceDirectories
from ums.devices.selectors import devices_of_targets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import QueryDict

SHOWN = 100
"""Candidates in a list; the search narrows."""

MANY = 1000
"""Devices from which on a dialog warns."""


@dataclass(frozen=True)
class Targets:
    """Devices, and directories that stand for all devices below them."""

    devices: list[Device]
    directories: list[Directory]

    @property
    def targets(self) -> list[Device | Directory]:
        """Both kinds."""
        return [*self.directories, *self.devices]

    @property
    def on(self) -> Q:
        """Which assignments are on one of them."""
        return Q(device__in=self.devices) | Q(directory__in=self.directories)


def targets_asked(sent: QueryDict, user: Any) -> Targets:
    """Those named by `device` and `directory` (repeated), or by a drop: `target` and `target_id`. Raises Http404."""
    devices, directories = sent.getlist("device"), sent.getlist("directory")
    if target_id := sent.get("target_id", ""):
        (devices if sent.get("target") == "device" else directories).append(str(target_id))
    rows = restrict(Directory.objects.filter(kind=DirectoryKind.DEVICE), user, Action.READ)
    return Targets(
        all_of(restrict(Device.objects.all(), user, Action.READ), numbers(",".join(devices)), "device"),
        all_of(rows, numbers(",".join(directories)), "directory"),
    )


def target_candidates(*, user: Any, words: str, ticked: Targets, existing: QuerySet[Any], count: int) -> dict[str, Any]:
    """Context of devices/_target_candidates.html: directories as the tree has them, devices only by search.

    `existing`: the assignments of the `count` objects that are to be assigned.
    """
    directories = DeviceDirectories(user, Action.ASSIGN)
    above = {directory.pk for directory in ticked.directories}
    lines, more = directories.lines(words, SHOWN)
    devices: list[Device] = []
    if words:
        rows = restrict(Device.objects.all(), user, Action.ASSIGN).select_related("directory")
        for word in words.split()[:10]:
            rows = search(rows, word)
        devices = list(rows.exclude(pk__in=[device.pk for device in ticked.devices]).order_by("name", "pk")[:SHOWN])
    return {
        "whole": not words,
        "ticked": directories.of(above),
        "lines": [line for line in lines if line.pk not in above],
        "devices": devices,
        "more": more,
        "taken": taken(existing, "directory", count),
        "taken_devices": taken(existing.filter(device__in=devices), "device", count),
    }


def taken(existing: QuerySet[Any], side: str, count: int) -> set[int]:
    """Ids on one side of assignments that have all `count` objects of the other side already."""
    rows = existing.exclude(**{side: None}).order_by().values_list(side).annotate(n=Count("pk"))
    return {pk for pk, n in rows if n >= count}


def reach(targets: Sequence[Device | Directory], *, pairs: int, existing: int) -> dict[str, Any]:
    """Context of devices/_assign_reach.html: how many devices, and how many of the assignments exist already."""
    reached = devices_of_targets(targets=targets).count() if targets else 0
    return {"pairs": pairs, "existing": existing, "reached": reached, "many": reached >= MANY, "targets": targets}
