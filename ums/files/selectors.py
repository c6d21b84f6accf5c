"""Reading files and their assignments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Count, Q

from ha.models import Node
from ums.core.access import Action, restrict, subtree
from ums.devices.models import Device, Directory
from ums.devices.selectors import directory_ancestors
from ums.files.models import ContentCopy, CopyState, File, FileAssignment

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from ums.files.models import FileContent

FAILED_SHOWN = 10
"""Copies that have failed, of one server, shown with the reasons."""

CHIPS: dict[str, str] = {
    CopyState.WAITING: "queued",
    CopyState.FETCHING: "updating",
    CopyState.HELD: "done",
    CopyState.FAILED: "failed",
}
"""State of a copy -> name of `{% status %}`."""


@dataclass(frozen=True, slots=True)
class OnServer:
    """A content on one server of the network, as pages show it."""

    node: Node
    copy: ContentCopy

    @property
    def chip(self) -> str:
        """Name of the status chip."""
        return CHIPS[self.copy.state]


@dataclass(frozen=True, slots=True)
class OfNode:
    """How many contents a server holds, waits for and has failed to fetch, and the latest that failed."""

    held: int
    waiting: int
    failed: int
    latest: list[ContentCopy]


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


def copies_of_content(*, content: FileContent) -> list[OnServer]:
    """What each server has of a content; nothing for a server by itself, and for a secret. Two queries."""
    if not settings.UMS_NODE or content.sealed:
        return []
    copies = {copy.node_id: copy for copy in content.copies.all()}
    nodes = Node.objects.filter(has_server=True)
    return [OnServer(node, copies.get(node.pk) or ContentCopy(content=content, node=node)) for node in nodes]


def copies_of_node(*, node_id: UUID) -> OfNode:
    """What a server has on its disk, and what not. Two queries."""
    copies = ContentCopy.objects.filter(node=node_id)
    counts: dict[str, int] = dict(copies.order_by().values_list("state").annotate(count=Count("pk")))
    waiting = counts.get(CopyState.WAITING, 0) + counts.get(CopyState.FETCHING, 0)
    latest = list(copies.filter(state=CopyState.FAILED).order_by("-at", "-pk")[:FAILED_SHOWN])
    return OfNode(counts.get(CopyState.HELD, 0), waiting, counts.get(CopyState.FAILED, 0), latest)


def copy_list(*, user: Any) -> QuerySet[ContentCopy]:
    """All copies on all servers; nothing for those who may not administer the network."""
    return restrict(ContentCopy.objects.select_related("node"), user, Action.ADMINISTER)
