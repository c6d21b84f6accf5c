"""How large a desktop is that settings of displays come to, and whether the device can make it (manual p. 55).

A device sets aside memory for its desktop when it starts: the *framebuffer*, `Virtual` in its X configuration. The
settings of a user can rearrange screens within it, not beyond it. Sizes are in pixels.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ums.domain.parameters import Value

NUMBERS = range(4)
NODE = "userinterface.display"
FIELDS = ("enabled", "resolution", "rotation", "position", "relative_to")
PATHS = tuple(f"{NODE}{number}.{name}" for number in NUMBERS for name in FIELDS)
"""The parameters that decide, as UMS Linux has them."""

VIRTUAL, REFUSED, MONITORS = "display.virtual", "display.refused", "monitors"
"""What a device tells among the facts of its inventory: the size of its framebuffer, a desktop that it could not make
(both “1920x1200”), and the number of its screens."""

_SIZE = re.compile(r"\s*(\d{1,5})\s*[x×* ]\s*(\d{1,5})\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width} × {self.height}"

    def holds(self, other: Size) -> bool:
        """Whether another one fits in."""
        return other.width <= self.width and other.height <= self.height


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen as it is set. size: None is the best that the screen offers, which only the device knows."""

    size: Size | None
    rotation: int = 0
    position: str = "auto"
    relative_to: int = 0

    @property
    def turned(self) -> Size | None:
        """The size that it takes up."""
        if self.size is None or self.rotation % 180 == 0:
            return self.size
        return Size(self.size.height, self.size.width)


@dataclass(frozen=True, slots=True)
class Excess:
    """A desktop that does not fit. told: the device has said how large its framebuffer is, it is not worked out."""

    wanted: Size
    limit: Size
    told: bool

    def __str__(self) -> str:
        set_aside = "set aside" if self.told else "probably set aside, by its own settings,"
        return (
            f"The settings of the user make a desktop of {self.wanted}, larger than the {self.limit} that the device "
            f"{set_aside} when it started. The device cannot change its screens then. Let it start with all its "
            "screens, and their resolution automatic."
        )


def size_of(text: object) -> Size | None:
    """Of “1920x1200”; None for anything else, “auto” for example."""
    match = _SIZE.fullmatch(text) if isinstance(text, str) else None
    return Size(int(match[1]), int(match[2])) if match else None


def screens_of(values: Mapping[str, Value | None]) -> dict[int, Screen]:
    """The screens that are switched on, by number. values: at least those of PATHS that have one."""
    found = {}
    for number in NUMBERS:
        enabled, resolution, rotation, position, relative = (values.get(f"{NODE}{number}.{name}") for name in FIELDS)
        if enabled is False or enabled == "false":
            continue
        found[number] = Screen(size_of(resolution), _number(rotation), str(position or "auto"), _number(relative))
    return found


def desktop(screens: Mapping[int, Screen]) -> Size:
    """The size that holds all screens: at least so much, as one of unknown size counts nothing.

    One that is placed automatically stands to the right of those before it. Circles of “left of” are cut there too.
    """
    places: dict[int, tuple[int, int]] = {}
    sizes = {number: screen.turned or Size(0, 0) for number, screen in screens.items()}
    waiting = list(screens)
    while waiting:
        number = next((one for one in waiting if _placeable(screens[one], one, places, waiting)), waiting[0])
        waiting.remove(number)
        places[number] = _place(screens[number], number, places, sizes)
    if not places:
        return Size(0, 0)
    left, top = (min(place[side] for place in places.values()) for side in (0, 1))
    return Size(
        max(x + sizes[number].width for number, (x, _) in places.items()) - left,
        max(y + sizes[number].height for number, (_, y) in places.items()) - top,
    )


def excess(
    with_user: Mapping[str, Value | None], without: Mapping[str, Value | None], facts: Mapping[str, object]
) -> Excess | None:
    """Whether the settings with a user make a desktop beyond the framebuffer; None when they do not, or nobody knows.

    without: those that the device starts with. facts: of its inventory. What the device tells counts; else the
    framebuffer is taken to be the desktop that it starts with, unless one of its screens takes what is best: then it
    sets aside all that the screens can do.
    """
    if all(with_user.get(path) == without.get(path) for path in PATHS):
        return None
    connected = _number(facts.get(MONITORS))
    at_start = _connected(screens_of(without), connected)
    limit, told = size_of(facts.get(VIRTUAL)), True
    if limit is None:
        known = {number: screen for number, screen in at_start.items() if screen.size}
        if not known or (connected and len(known) < len(at_start)):
            return None
        limit, told = desktop(known), False
    wanted = desktop(_connected(screens_of(with_user), connected))
    return None if limit.holds(wanted) else Excess(wanted, limit, told)


def _connected(screens: Mapping[int, Screen], count: int) -> dict[int, Screen]:
    """Settings of screens that are not there count nothing. count: 0 when nobody knows."""
    numbers: Sequence[int] = sorted(screens)
    return {number: screens[number] for number in (numbers[:count] if count else numbers)}


def _placeable(screen: Screen, number: int, places: Mapping[int, object], waiting: Sequence[int]) -> bool:
    if screen.position == "auto":
        return all(other > number for other in waiting if other != number)
    return screen.relative_to in places


def _place(
    screen: Screen, number: int, places: Mapping[int, tuple[int, int]], sizes: Mapping[int, Size]
) -> tuple[int, int]:
    if screen.relative_to not in places or screen.position == "auto":
        return max((x + sizes[other].width for other, (x, _) in places.items()), default=0), 0
    x, y = places[screen.relative_to]
    own, other = sizes[number], sizes[screen.relative_to]
    match screen.position:
        case "left":
            return x - own.width, y
        case "right":
            return x + other.width, y
        case "above":
            return x, y - own.height
        case "below":
            return x, y + other.height
    return x, y


def _number(value: object) -> int:
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
