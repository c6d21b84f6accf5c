"""What was wanted when the database was last asked: a node starts the same without it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ums.core.private import write_private

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ha.watchdog.configuration import Places


def wanted(places: Places) -> dict[str, bool]:
    """By program; one that is not named is wanted."""
    try:
        known = json.loads(places.wanted.read_text())
    except (OSError, ValueError):
        return {}
    return {str(name): bool(value) for name, value in known.items()} if isinstance(known, dict) else {}


def remember(places: Places, all_wanted: Mapping[str, bool]) -> None:
    """Keep it. Raises OSError."""
    write_private(places.wanted, json.dumps(all_wanted))
