"""Reading files, their assignments and their content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q

from ums.core.access import Action, restrict, subtree
from ums.core.crypto import unseal_bytes
from ums.devices.models import Device, Directory
from ums.devices.selectors import directory_ancestors
from ums.files.models import CHUNK, File, FileAssignment, FileChunk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

    from ums.files.models import FileContent


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


def content_parts(*, content: FileContent, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The bytes from `start` up to, not including, `end`, read one row at a time; secrets readable: for devices."""
    end = content.size if end is None else min(end, content.size)
    for number in range(start // CHUNK, (end + CHUNK - 1) // CHUNK):
        stored = FileChunk.objects.values_list("data", flat=True).get(content=content, number=number)
        data = unseal_bytes(bytes(stored)) if content.sealed else bytes(stored)
        offset = number * CHUNK
        yield data[max(0, start - offset) : end - offset]
