"""The tree of the devices as dialogs and lists show it: paths, order of the tree, and devices below each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ums.core.access import Action, restrict
from ums.devices.models import Directory, DirectoryKind
from ums.devices.selectors import directory_device_counts


@dataclass(frozen=True, slots=True)
class Line:
    """One directory: where it lies (`path`: what is above it), and how many devices are in it and below it."""

    pk: int
    name: str
    level: int
    path: str
    total: int


class DeviceDirectories:
    """All directories of devices that `user` may do `action` with: two queries, whatever is asked then."""

    def __init__(self, user: Any, action: str = Action.BROWSE) -> None:
        rows = restrict(Directory.objects.filter(kind=DirectoryKind.DEVICE), user, action)
        found = rows.order_by("name", "pk").values_list("pk", "parent_id", "name")
        self._rows: dict[int, tuple[int | None, str]] = {pk: (parent, name) for pk, parent, name in found}
        self._children: dict[int | None, list[int]] = {}
        for pk, (parent, _) in self._rows.items():
            self._children.setdefault(parent if parent in self._rows else None, []).append(pk)
        self._totals = dict(directory_device_counts(user=user))
        for pk in reversed([pk for pk, _ in self._walk()]):
            parent = self._rows[pk][0]
            if parent in self._rows:
                self._totals[parent] = self._totals.get(parent, 0) + self._totals.get(pk, 0)

    def total(self, pk: int | None) -> int:
        """Devices in the directory and below it; 1 for None, the device itself."""
        return 1 if pk is None else self._totals.get(pk, 0)

    def path(self, pk: int | None) -> str:
        """Names from below the root down to the directory, as far as they may be seen."""
        names: list[str] = []
        while pk in self._rows:
            parent, name = self._rows[pk]
            names.append(name)
            pk = parent
        return " › ".join(reversed(names[:-1] if len(names) > 1 else names))

    def above(self, pk: int) -> str:
        """The path of the directory that it lies in."""
        return self.path(self._rows[pk][0]) if pk in self._rows else ""

    def lines(self, words: str, limit: int) -> tuple[list[Line], int]:
        """At most `limit` directories whose names have all words, as the tree orders them, and how many more."""
        wanted = words.casefold().split()
        found = [
            Line(pk, self._rows[pk][1], level, self.above(pk), self.total(pk))
            for pk, level in self._walk()
            if all(word in self._rows[pk][1].casefold() for word in wanted)
        ]
        return found[:limit], max(0, len(found) - limit)

    def of(self, ids: set[int]) -> list[Line]:
        """These directories, as far as they are there."""
        return [Line(pk, self._rows[pk][1], 1, self.above(pk), self.total(pk)) for pk, _ in self._walk() if pk in ids]

    def _walk(self) -> list[tuple[int, int]]:
        """(id, level from 1) in the order of the tree."""
        found: list[tuple[int, int]] = []
        stack = [(pk, 1) for pk in reversed(self._children.get(None, []))]
        while stack:
            pk, level = stack.pop()
            found.append((pk, level))
            stack.extend((child, level + 1) for child in reversed(self._children.get(pk, [])))
        return found
