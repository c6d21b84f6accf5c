"""What the values of a device were put together from, and what is set and does not count: for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ums.domain.effectiveness import Layer
    from ums.effective.keys import Source
    from ums.effective.selectors import DeviceExplained


@dataclass(frozen=True, slots=True)
class Origin:
    """An expression, the values of its keys on the device, and the names of those that have none there."""

    expression: str
    sources: tuple[Source, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ignored:
    """Something that a layer sets and that does not count. `name`: within a free instance, else ""."""

    layer: Layer
    reason: str
    name: str = ""
    origin: Origin | None = None


def origin_of(explained: DeviceExplained, layer: Layer, key: str) -> Origin | None:
    """None for a plain value. key: a path, or "serial:name"."""
    expression = layer.expressions.get(key)
    if expression is None:
        return None
    sources = tuple(explained.keys[name] for name in expression.keys if name in explained.keys)
    return Origin(str(expression), sources, tuple(name for name in expression.keys if name not in explained.keys))


def ignored_in_instance(explained: DeviceExplained, serial: str, layers: Iterable[Layer]) -> list[Ignored]:
    """Values of a free instance that do not count, of each layer that brings it."""
    return [
        Ignored(layer, reason, key.removeprefix(f"{serial}:"), origin_of(explained, layer, key))
        for layer in layers
        for key, reason in layer.ignored.items()
        if key.startswith(f"{serial}:") or key == serial
    ]
