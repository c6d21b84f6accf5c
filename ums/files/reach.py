"""What else brings files to devices: upper rooms declare it in `AppConfig.ready`; files know their own assignments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from ums.devices.models import Device
from ums.devices.selectors import devices_of_targets
from ums.files.models import FileAssignment

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from django.db.models import QuerySet

    from ums.files.models import File


@dataclass(frozen=True, slots=True)
class Way:
    """`uses`: how often each file is used, by id. `devices`: those that the files reach so."""

    uses: Callable[[Collection[int]], dict[int, int]]
    devices: Callable[[Collection[int]], QuerySet[Device]]


WAYS: list[Way] = []


def devices_of_files(*, files: Collection[File]) -> QuerySet[Device]:
    """All devices that the files reach, in whatever way."""
    ids = {file.pk for file in files}
    assignments = FileAssignment.objects.filter(file__in=ids).select_related("device", "directory")
    own = devices_of_targets(targets=[assignment.target for assignment in assignments])
    where = Q(pk__in=own.order_by().values("pk"))
    for way in WAYS:
        where |= Q(pk__in=way.devices(ids).order_by().values("pk"))
    return Device.objects.filter(where)


def uses_of_files(*, files: Collection[File]) -> dict[int, int]:
    """How many assignments each file has, those to profiles included; a file without any is missing."""
    ids = {file.pk for file in files}
    counted: dict[int, int] = {}
    for pk in FileAssignment.objects.filter(file__in=ids).order_by().values_list("file_id", flat=True):
        counted[pk] = counted.get(pk, 0) + 1
    for way in WAYS:
        for pk, count in way.uses(ids).items():
            counted[pk] = counted.get(pk, 0) + count
    return counted
