"""Reading files and their assignments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q

from ums.core.access import Action, restrict, subtree
from ums.devices.models import Device, Directory
from ums.devices.selectors import directory_ancestors
from ums.files.models import File, FileAssignment

if TYPE_CHECKING:
    from django.db.models import QuerySet


def file_list(*, user: Any, directory: Directory | None = None, action: str = Action.READ) -> QuerySet[File]:
    """The files that `user` may read, below `directory` if given, with the number of their direct assignments."""
    files = restrict(File.objects.all(), user, action)
    if directory is not None:
        files = files.filter(directory__in=subtree([directory.pk]))
    return files.select_related("directory").annotate(assignment_count=Count("assignments"))


def file_assignment_list(*, user: Any) -> QuerySet[FileAssignment]:
    """The assignments both sides of which `user` may read."""
    sides = Q(device__in=restrict(Device.objects.order_by(), user, Action.READ).values("pk")) | Q(
        directory__in=restrict(Directory.objects.order_by(), user, Action.READ).values("pk")
    )
    files = restrict(File.objects.order_by(), user, Action.READ).values("pk")
    return FileAssignment.objects.filter(sides, file__in=files).select_related("file", "device", "directory")


def file_assignment_for_target(*, target: Device | Directory) -> list[FileAssignment]:
    """Assignments on the device or directory itself and on all directories above it, nearest first."""
    start = target.directory_id if isinstance(target, Device) else target.pk
    ids = directory_ancestors(directory_ids=[start])[start]
    where = Q(directory__in=ids)
    if isinstance(target, Device):
        where |= Q(device=target)
    place = {pk: distance for distance, pk in enumerate(ids, start=1)}
    rows = FileAssignment.objects.filter(where).select_related("file", "device", "directory")
    return sorted(rows, key=lambda row: (place.get(row.directory_id or 0, 0), -row.file_id))
