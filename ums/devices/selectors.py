"""Reading devices and directories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Case, CharField, Count, Q, Value, When

from ha.clock import shared_now
from ums.core.access import Action, restrict, subtree
from ums.devices.models import Device, Directory, DirectoryKind, SavedView
from ums.domain.presence import LATE_AFTER, LOST_AFTER, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from django.db.models import QuerySet


def status_expression(now: datetime | None = None) -> Case:
    """`ums.domain.presence.status` as SQL; a test holds the two equal."""
    now = now or shared_now()
    return Case(
        When(Q(presence__isnull=True) | Q(presence__last_contact=None), then=Value(Status.NEVER.value)),
        When(
            Q(presence__connected=False) | Q(presence__last_contact__lt=now - LOST_AFTER),
            then=Value(Status.OFFLINE.value),
        ),
        When(presence__last_contact__lt=now - LATE_AFTER, then=Value(Status.LATE.value)),
        default=Value(Status.ONLINE.value),
        output_field=CharField(),
    )


def status_condition(status: str, now: datetime | None = None) -> Q:
    """Devices of one status, said so that an index on the last contact serves it; the same as the expression above."""
    now = now or shared_now()
    connected = Q(presence__connected=True)
    if status == Status.NEVER:
        return Q(presence__last_contact__isnull=True)
    if status == Status.OFFLINE:
        lost = Q(presence__connected=False, presence__last_contact__isnull=False)
        return lost | Q(presence__last_contact__lt=now - LOST_AFTER)
    if status == Status.LATE:
        return connected & Q(presence__last_contact__gte=now - LOST_AFTER, presence__last_contact__lt=now - LATE_AFTER)
    return connected & Q(presence__last_contact__gte=now - LATE_AFTER)


def device_list(*, user: Any, directory: Directory | None = None, action: str = Action.READ) -> QuerySet[Device]:
    """The devices that `user` may see (or do `action` with), below `directory` if given, with presence and state."""
    devices = restrict(Device.objects.all(), user, action)
    if directory is not None:
        devices = devices.filter(directory__in=subtree([directory.pk]))
    return devices.select_related("presence", "state", "directory").annotate(status=status_expression())


def devices_of_targets(*, targets: Iterable[Device | Directory]) -> QuerySet[Device]:
    """The devices themselves and those below the directories."""
    targets = list(targets)
    devices = [target.pk for target in targets if isinstance(target, Device)]
    directories = [target.pk for target in targets if isinstance(target, Directory)]
    where = Q()
    if devices:
        where |= Q(pk__in=devices)
    if directories:
        where |= Q(directory__in=subtree(directories))
    return Device.objects.filter(where) if where else Device.objects.none()


def saved_view_list(*, user: Any) -> QuerySet[SavedView]:
    """The views that `user` has saved, and those that others share about directories that `user` may browse."""
    browsed = directory_list(user=user).order_by().values("pk")
    shared = Q(shared=True) & (Q(directory=None) | Q(directory__in=browsed))
    return SavedView.objects.filter(Q(owner=user) | shared).select_related("owner", "directory")


def directory_root(*, kind: str = DirectoryKind.DEVICE) -> Directory:
    """The root of one tree."""
    return Directory.objects.get(kind=kind, parent=None)


def directory_list(*, user: Any, kind: str = DirectoryKind.DEVICE) -> QuerySet[Directory]:
    """The directories of one tree that `user` may browse."""
    return restrict(Directory.objects.filter(kind=kind), user, Action.BROWSE)


def directory_subtree_ids(*, directory_id: int) -> list[int]:
    """The directory and all below it. Said to the database as values, so that it knows how few or many they are."""
    return list(Directory.objects.filter(pk__in=subtree([directory_id])).order_by().values_list("pk", flat=True))


def directory_ancestors(*, directory_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """For each directory its ids from itself up to the root, in one query."""
    ids = sorted({int(pk) for pk in directory_ids})
    if not ids:
        return {}
    marks = ", ".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE up(id, parent_id) AS ("  # noqa: S608 - only place holders are put together here
            f"SELECT id, parent_id FROM devices_directory WHERE id IN ({marks}) "
            "UNION SELECT d.id, d.parent_id FROM devices_directory d JOIN up ON d.id = up.parent_id) "
            "SELECT id, parent_id FROM up",
            ids,
        )
        parents: dict[int, int | None] = dict(cursor.fetchall())
    return {pk: tuple(_up(pk, parents)) for pk in ids if pk in parents}


def _up(pk: int | None, parents: dict[int, int | None]) -> Iterable[int]:
    seen: set[int] = set()
    while pk is not None and pk not in seen:
        seen.add(pk)
        yield pk
        pk = parents.get(pk)


def directory_path(*, directory: Directory) -> list[Directory]:
    """From the root to the directory itself."""
    ids = directory_ancestors(directory_ids=[directory.pk])[directory.pk]
    found = Directory.objects.in_bulk(ids)
    return [found[pk] for pk in reversed(ids)]


def directory_device_counts(*, user: Any) -> dict[int, int]:
    """Devices that `user` may browse, directly in each directory (add up along the tree for totals)."""
    devices = restrict(Device.objects.all(), user, Action.BROWSE)
    return dict(devices.order_by().values_list("directory").annotate(count=Count("pk")))


def directory_device_total(*, directory: Directory) -> int:
    """Devices in a directory and all below it."""
    return Device.objects.filter(directory__in=subtree([directory.pk])).count()


@dataclass(frozen=True, slots=True)
class DirectoryChoice:
    """A directory that can be chosen as a target, in the order of the tree."""

    pk: int
    name: str
    level: int
    """1 and more: how far it is indented among the choices."""
    path: str
    """Where it is, for a choice out of its tree: “Devices › Bremen”."""


def directory_choices(*, user: Any, kind: str, text: str = "", without: Collection[int] = ()) -> list[DirectoryChoice]:
    """The directories of one tree that `user` may write to and whose name holds `text`, without some subtrees."""
    rows = directory_list(user=user, kind=kind).values_list("pk", "parent_id", "name")
    known = {pk: (parent, name) for pk, parent, name in rows}
    writable = set(restrict(Directory.objects.filter(kind=kind), user, Action.WRITE).values_list("pk", flat=True))
    children: dict[int | None, list[int]] = {}
    for pk, (parent, _) in sorted(known.items(), key=lambda item: (item[1][1].casefold(), item[0])):
        children.setdefault(parent if parent in known else None, []).append(pk)
    found: list[DirectoryChoice] = []
    stack = [(pk, 1, "") for pk in reversed(children.get(None, []))]
    while stack:
        pk, level, path = stack.pop()
        if pk in without:
            continue
        name = known[pk][1]
        if pk in writable and text.casefold() in name.casefold():
            found.append(DirectoryChoice(pk, name, 1 if text else level, path))
        below = f"{path} › {name}" if path else name
        stack.extend((child, level + 1, below) for child in reversed(children.get(pk, [])))
    return found
