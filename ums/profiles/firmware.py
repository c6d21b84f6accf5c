"""Which catalogue a firmware has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ums.domain.versions import version_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ums.profiles.models import Catalogue


class Firmwares:
    """A firmware has the catalogue of its own version, else the newest that is older, else the newest there is."""

    def __init__(self, catalogues: Iterable[Catalogue]) -> None:
        self._rows = list(catalogues)
        self._found: dict[tuple[str, str], Catalogue | None] = {}

    def catalogue_of(self, name: str, version: str) -> Catalogue | None:
        """The catalogue; None when there is none of this name. A firmware without a name has the newest of all."""
        key = (name, version)
        if key not in self._found:
            rows = [row for row in self._rows if row.name == name] or (self._rows if not name else [])
            older = [row for row in rows if version_key(row.version) <= version_key(version)]
            self._found[key] = max(older or rows, key=lambda row: version_key(row.version), default=None)
        return self._found[key]
