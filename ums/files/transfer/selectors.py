"""Reading the tree of the transfer directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ums.core.errors import AppError
from ums.domain.transfer import MAX_ENTRIES
from ums.files.models import TransferEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import QuerySet

    from ums.domain.transfer import Path


def top() -> TransferEntry:
    """The transfer directory itself; the first who asks makes its row."""
    entry, _ = TransferEntry.objects.get_or_create(parent=None, name="")
    return entry


def locked_top() -> TransferEntry:
    """The transfer directory. Until the end of the transaction nobody else changes the tree: a place that is free stays
    so, a directory that is there stays there, no circle can come about, and no lock excludes another that was granted.
    """
    return TransferEntry.objects.select_for_update(no_key=True).get(pk=top().pk)


def found(path: Path) -> TransferEntry | None:
    """What lies at a path."""
    entry: TransferEntry | None = top()
    for name in path:
        entry = TransferEntry.objects.select_related("content").filter(parent=entry, name=name).first()
        if entry is None:
            return None
    return entry


def members(entry: TransferEntry) -> QuerySet[TransferEntry]:
    """What lies in a directory, with its contents."""
    return entry.members.select_related("content").order_by("name", "pk")


def paths(entries: Iterable[TransferEntry]) -> dict[int, Path]:
    """The path of each entry by its id, in as many queries as directories are deep."""
    wanted = list(entries)
    known = {entry.pk: (entry.parent_id, entry.name) for entry in wanted}
    while missing := {parent for parent, _ in known.values() if parent is not None} - known.keys():
        rows = TransferEntry.objects.filter(pk__in=missing).order_by().values_list("pk", "parent_id", "name")
        known.update({pk: (parent, name) for pk, parent, name in rows})
    return {entry.pk: _climb(entry.pk, known) for entry in wanted}


def path(entry: TransferEntry) -> Path:
    """The path of one entry."""
    return paths([entry])[entry.pk]


def levels(entry: TransferEntry) -> Iterator[list[TransferEntry]]:
    """An entry, its members, theirs and so on. Raises AppError `too_many_entries` once they are more than one request
    may change.
    """
    level, count = [entry], 0
    while level:
        count += len(level)
        if count > MAX_ENTRIES:
            raise AppError(
                "too_many_entries", f"That is more than {MAX_ENTRIES:,} entries at once: do it by sub-directories."
            )
        yield level
        parents = [one for one in level if one.content_id is None]
        level = list(TransferEntry.objects.filter(parent__in=parents).order_by("pk")[: MAX_ENTRIES + 1])


def _climb(pk: int, known: dict[int, tuple[int | None, str]]) -> Path:
    names: list[str] = []
    parent, name = known[pk]
    while parent is not None:
        names.append(name)
        parent, name = known[parent]
    return tuple(reversed(names))
