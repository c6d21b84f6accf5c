"""Ids in addresses and forms: short texts for long lists."""

from __future__ import annotations

from django.http import Http404

from ums.core.errors import AppError
from ums.core.filters import MAX_ID
from ums.core.rest import MAX_IDS


def numbers(text: str) -> list[int]:
    """The ids in "1,2,5-9". Raises Http404 for anything else, AppError `too_many` for more than MAX_IDS."""
    found: list[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        if not part.isascii() or not (first.isdecimal() and (last or first).isdecimal() and len(part) < 40):
            raise Http404("These are no ids.")
        low, high = int(first), int(last or first)
        if not 0 < low <= high <= MAX_ID:
            raise Http404("These are no ids.")
        if len(found) + high - low >= MAX_IDS:
            raise AppError("too_many", f"At most {MAX_IDS:,} can be named at once.")
        found.extend(range(low, high + 1))
    return found


def as_text(ids: list[int]) -> str:
    """Ids as `numbers` reads them, runs of neighbours joined: "1,2,5-9"."""
    runs: list[list[int]] = []
    for pk in sorted(set(ids)):
        if runs and pk == runs[-1][1] + 1:
            runs[-1][1] = pk
        else:
            runs.append([pk, pk])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)
