"""Which files a device gets, and which of several for the same path: docs/files.md.

1. A file reaches a device that it is assigned to, the devices below a directory that it is assigned to, and the devices
   on which a profile takes effect that the file belongs to.
2. Of several files for the same path the one assigned nearest to the device counts; a file that comes with a profile is
   as near as the assignment of that profile.
3. On equal terms the higher id, the newer one, counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Reaching:
    """One way in which a file reaches a device.

    distance: steps from the device, 0 for the device itself. profile: id of the profile that brings it, 0 for none.
    label: name of that profile. place: what the file or the profile is assigned to, as words.
    """

    path: str
    distance: int
    file: int
    name: str
    sha256: str
    size: int
    mode: int
    owner: str
    profile: int = 0
    label: str = field(default="", compare=False)
    place: str = field(default="", compare=False)

    @property
    def strength(self) -> tuple[int, int, int]:
        """Sort key, the strongest has the smallest. A file reached in several ways counts by its strongest one."""
        return self.distance, -self.file, -self.profile


@dataclass(frozen=True, slots=True)
class Placed:
    """The file that a device gets at one path, and what it would get otherwise, strongest first."""

    winner: Reaching
    losers: tuple[Reaching, ...]

    @property
    def rule(self) -> str:
        """Why this one counts, in one sentence."""
        rival = next((one for one in self.losers if one.file != self.winner.file), None)
        if rival is None:
            several = " It reaches the device in several ways." if self.losers else ""
            return f"Only this file goes to this path.{several}"
        if rival.distance != self.winner.distance:
            return f"It is assigned closer to the device than “{rival.name}”."
        return f"It is as close as “{rival.name}”, and newer: the higher id counts."


def placed(reaching: Iterable[Reaching]) -> tuple[Placed, ...]:
    """What the device gets, by path. The order of what is given does not matter."""
    by_path: dict[str, list[Reaching]] = {}
    for one in sorted(reaching, key=lambda one: one.strength):
        by_path.setdefault(one.path, []).append(one)
    return tuple(Placed(first, tuple(others)) for _, (first, *others) in sorted(by_path.items()))
