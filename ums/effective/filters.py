"""Which parameters of a device to show: for the console and the API. A list in memory, so no queryset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ums.effective.selectors import DeviceExplained, Explained

SOURCES = (("profile", "A profile"), ("local", "The device itself"), ("default", "Default"))


@dataclass(frozen=True, slots=True)
class ParameterFilter:
    """Each given part narrows: words in label, path and help; where the value comes from; whether layers compete."""

    q: str = ""
    source: Sequence[str] = ()
    overridden: bool | None = None
    path: str = ""

    def apply(self, explained: DeviceExplained) -> list[Explained]:
        """The parameters that match, in the order of the catalogue. `path` ends with “*” for all that begin so."""
        words = self.q.casefold().split()[:10]
        return [
            one
            for one in explained.parameters
            if (not self.source or one.source in self.source)
            and (self.overridden is None or one.overridden == self.overridden)
            and self._has_path(one.path)
            and all(word in _text(one) for word in words)
        ]

    def _has_path(self, path: str) -> bool:
        if self.path.endswith("*"):
            return path.startswith(self.path[:-1])
        return not self.path or path == self.path


def _text(one: Explained) -> str:
    parts = (one.path, one.parameter.label, one.parameter.help) if one.parameter else (one.path,)
    return "\n".join(parts).casefold()
