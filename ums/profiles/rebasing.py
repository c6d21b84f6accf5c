"""What moving a profile to another catalogue would do, for people: nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ums.domain.parameters import Expression, flat, move_settings
from ums.domain.versions import version_key
from ums.profiles.content import MASK, catalogue_of, is_secret, unsealed

if TYPE_CHECKING:
    from ums.domain.parameters import Catalogue as Parsed
    from ums.domain.parameters import Given, Settings
    from ums.profiles.models import Catalogue, Profile


@dataclass(frozen=True, slots=True)
class Line:
    """A value that does not simply fit: what and where it is, its value (secrets masked), and what becomes of it."""

    path: str
    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class RebaseReport:
    """What fits, and each value that changes its form, is kept though unknown, or is left out."""

    older: bool
    other: bool
    fits: int
    changed: tuple[Line, ...]
    kept: tuple[Line, ...]
    refused: tuple[Line, ...]


def rebase_report(*, profile: Profile, catalogue: Catalogue) -> RebaseReport:
    """The report for the revision in force. `older`: it goes back to an older version; `other`: to another app."""
    known, parsed = catalogue_of(profile.based_on), catalogue_of(catalogue)
    settings = unsealed(known, profile.head.content) if profile.head else unsealed(known, {})
    moved = move_settings(known, parsed, settings)
    values = flat(settings)
    lines = _Lines(known, parsed, settings)
    other = profile.based_on.name != catalogue.name
    return RebaseReport(
        older=not other and version_key(catalogue.version) < version_key(profile.based_on.version),
        other=other,
        fits=moved.fits,
        changed=tuple(
            lines.line(key, before, f"becomes {lines.shown(key, after)}")
            for key, (before, after) in moved.changed.items()
        ),
        kept=tuple(lines.line(key, values.get(key, "")) for key in sorted(moved.kept)),
        refused=tuple(lines.line(key, values.get(key, ""), why) for key, why in sorted(moved.refused.items())),
    )


class _Lines:
    def __init__(self, old: Parsed, new: Parsed, settings: Settings) -> None:
        self._old, self._new = old, new
        self._instances = settings.instances

    def line(self, key: str, value: Given, note: str = "") -> Line:
        if key in self._instances:
            count = len(self._instances[key].values)
            return Line(self._instances[key].cls, "Instance", f"{count} {'value' if count == 1 else 'values'}", note)
        path = self._path(key)
        parameter = self._old.find(path)
        return Line(path, parameter.label if parameter else path, self.shown(key, value), note)

    def shown(self, key: str, value: Given) -> str:
        """A value for people; what one of the catalogues knows as a secret is none that they may read."""
        path = self._path(key)
        return MASK if value and any(is_secret(one, path, value) for one in (self._old, self._new)) else _shown(value)

    def _path(self, key: str) -> str:
        serial, _, name = key.rpartition(":")
        instance = self._instances.get(serial)
        return f"{instance.cls}.{name}" if instance else key


def _shown(value: Given) -> str:
    if isinstance(value, bool):
        return "On" if value else "Off"
    text = value.text if isinstance(value, Expression) else str(value)
    return (text[:60] + "…" if len(text) > 60 else text) or "empty"
