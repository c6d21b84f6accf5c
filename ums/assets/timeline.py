"""When which assets were plugged in at a device: a picture of its last weeks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from ha.clock import shared_now

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from ums.assets.models import Asset, Stay

SPAN = timedelta(days=28)
ROWS = 12
STAYS = 500
"""Of a thing with a loose contact not all are drawn."""

WIDTH, HEIGHT, GAP = 672, 8, 4
LEAST = 2.0
"""So wide is what was there for a moment only."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Where a stay is drawn, and what it says: `since` to `until`, None while it lasts."""

    x: float
    width: float
    since: datetime
    until: datetime | None


@dataclass(slots=True)
class Lane:
    """One asset."""

    asset: Asset
    bars: list[Bar] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture: `width` stands for the time from `start` to `end`; `weeks`: where a week ago was, and so on."""

    start: datetime
    end: datetime
    lanes: list[Lane]
    weeks: list[float]
    width: int = WIDTH
    height: int = HEIGHT


def timeline(stays: QuerySet[Stay]) -> Timeline:
    """The last SPAN, those assets first that were there last."""
    end = shared_now()
    start = end - SPAN
    lanes: dict[int, Lane] = {}
    recent = stays.exclude(until__lt=start)
    for stay in recent[:STAYS]:
        if stay.asset_id not in lanes and len(lanes) == ROWS:
            continue
        lane = lanes.setdefault(stay.asset_id, Lane(stay.asset))
        left = _x(max(stay.since, start), start)
        width = max(LEAST, _x(min(stay.until or end, end), start) - left)
        left = min(left, WIDTH - width)
        lane.bars.append(Bar(round(left, 1), round(width, 1), stay.since, stay.until))
    weeks = [WIDTH * week / 4 for week in range(1, 4)]
    return Timeline(start, end, list(lanes.values()), weeks)


def _x(moment: datetime, start: datetime) -> float:
    return (moment - start) / SPAN * WIDTH
