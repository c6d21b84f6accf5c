"""What pages of other rooms share with those of profiles: the table of a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ums.core.listing import FilterBar, address
from ums.profiles.comparison import differences, narrowed, part_of, size_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest

    from ums.profiles.comparison import Group

ROWS = 300
"""Rows of a part of the table."""


def comparison_table(request: HttpRequest, groups: list[Group], *, keep: Iterable[str]) -> dict[str, Any]:
    """The variables of profiles/_comparison.html. `keep`: what stays in the address when the filter changes."""
    bar = FilterBar(request.GET, ())
    everything = request.GET.get("show") == "all"
    found = [] if bar.error else narrowed(groups, everything=everything, words=bar.text)
    total = size_of(found)
    asked = request.GET.get("at", "")
    at = min(int(asked), total) if asked.isascii() and asked.isdecimal() and len(asked) < 8 else 0
    return {
        "groups": part_of(found, at, ROWS),
        "everything": everything,
        "difference_count": differences(groups),
        "all_count": size_of(groups),
        "differences_url": address(request.GET, show=""),
        "all_url": address(request.GET, show="all"),
        "clear_url": address(request.GET, q=""),
        "total": total,
        "first": at + 1 if total else 0,
        "last": min(total, at + ROWS),
        "previous_url": address(request.GET, at=str(max(0, at - ROWS))) if at else "",
        "next_url": address(request.GET, at=str(at + ROWS)) if at + ROWS < total else "",
        **bar.context(request, placeholder="Filter by parameter, page or value", keep=(*keep, "show")),
    }
