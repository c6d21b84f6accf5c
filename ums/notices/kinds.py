"""Every kind of notice, declared once in `AppConfig.ready` by the room that posts it."""

from __future__ import annotations

KINDS: dict[str, str] = {}


def declare(**kinds: str) -> None:
    """Add kinds: `asset__vanished="An asset has vanished"` is “asset.vanished”."""
    for name, meaning in kinds.items():
        KINDS[name.replace("__", ".")] = meaning
