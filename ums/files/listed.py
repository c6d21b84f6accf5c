"""The transfer directory as a plain list: paths, and how many servers have each file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Count, Q

from ha.models import Node
from ums.core.access import Action, restrict
from ums.files.models import CopyState, TransferEntry
from ums.files.transfer.selectors import paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as lists show it. `servers`: how many there are; 0 for a server by itself."""

    entry: Any
    path: str
    servers: int

    @property
    def everywhere(self) -> bool:
        """Whether all servers have it."""
        return int(self.entry.held) >= self.servers

    @property
    def chip(self) -> str:
        """Name of the status chip while not all servers have it."""
        return "warning" if self.entry.failed else "updating"

    @property
    def words(self) -> str:
        """How many servers have it."""
        return f"{self.entry.held} of {self.servers}"


def entry_list(*, user: Any, words: str = "") -> QuerySet[TransferEntry]:
    """What lies in the transfer directory, with the numbers of servers that hold it (`held`) and could not fetch it
    (`failed`); nothing for those who may not use it. `words`: each is part of the name.
    """
    entries = restrict(TransferEntry.objects.exclude(parent=None), user, Action.TRANSFER)
    for word in words.split()[:10]:
        entries = entries.filter(name__icontains=word)
    held, failed = (
        Count("content__copies", filter=Q(content__copies__state=state)) for state in (CopyState.HELD, CopyState.FAILED)
    )
    return entries.select_related("content").annotate(held=held, failed=failed)


def lines(entries: Sequence[TransferEntry]) -> list[Line]:
    """Entries with their paths, in as many queries as directories are deep."""
    found = paths(entries)
    servers = Node.objects.filter(has_server=True).count() if settings.UMS_NODE else 0
    return [Line(entry, "/" + "/".join(found[entry.pk]), servers) for entry in entries]
