"""What all parts of applying files share: how a difference is told, and how files name devices and directories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ums.core.access import Action, restrict
from ums.core.errors import AppError
from ums.devices.models import Device, Directory, DirectoryKind
from ums.devices.selectors import directory_root
from ums.profiles.exchanging import paths_of
from ums.profiles.services.planning import directory_at
from ums.profiles.services.transfer import directory_made

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

    from ums.core.actor import Actor


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is made as the files say. sign: “+” new, “~” changed, “-” gone. lines: what changes in it."""

    sign: str
    words: str
    lines: tuple[str, ...] = ()


class Targets:
    """What profiles and values are assigned to, as files name it. create: missing directories of devices are made."""

    def __init__(self, actor: Actor, differences: list[Difference], *, create: bool) -> None:
        self._actor = actor
        self._differences = differences
        self._create = create

    def named(self, directories: Collection[tuple[str, ...]], devices: Collection[str]) -> list[Device | Directory]:
        """The rows. Raises AppError `tree_invalid` for what is not there."""
        found: list[Device | Directory] = [self._directory(path) for path in directories]
        by_unit_id = {device.unit_id: device for device in self._devices().filter(unit_id__in=devices)}
        if missing := [unit_id for unit_id in devices if unit_id not in by_unit_id]:
            raise AppError("tree_invalid", f"There is no device with the unit ID {', '.join(missing[:5])}.")
        return found + [by_unit_id[unit_id] for unit_id in devices]

    def _directory(self, path: tuple[str, ...]) -> Directory:
        root = directory_root(kind=DirectoryKind.DEVICE)
        if found := directory_at(root, path):
            return found
        if not self._create:
            words = f"There is no directory of devices {path_words(path)}. Create it, or use --create-directories."
            raise AppError("tree_invalid", words)
        self._differences.append(Difference("+", f"directory of devices {path_words(path)}"))
        return directory_made(self._actor, root, path)

    def _devices(self) -> QuerySet[Device]:
        user = self._actor.user
        return Device.objects.all() if user is None else restrict(Device.objects.all(), user, Action.READ)


def target_words(target: Device | Directory) -> str:
    """A device or directory for people."""
    if isinstance(target, Device):
        return f"device {target.name} ({target.unit_id})"
    return path_words(paths_of([target])[target.pk])


def path_words(path: tuple[str, ...]) -> str:
    """A directory for people."""
    return f"“{' › '.join(path)}”" if path else "the root"
