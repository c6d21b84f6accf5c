"""What stands around a write of the API: hung up from above when the program starts (`ums.api.apps`).

A guard is handed the view, the request and the write, and answers with the write that takes its place, or with the same
one. Inner guards stand between a dry run and the write, so that a trial is refused as the write would be; outer ones
stand around what is really done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response

    from ums.core.rest import ApiViewSet

Write = Callable[..., "Response"]
Guard = Callable[["ApiViewSet", "Request", Write], Write]

_inner: list[Guard] = []
_outer: list[Guard] = []


def guard_writes(*, inner: Iterable[Guard], outer: Iterable[Guard]) -> None:
    """Told once at the start; replaces what was told before."""
    _inner[:], _outer[:] = inner, outer


def guarded(view: Any, request: Any, write: Write, *, done: bool) -> Write:
    """The write behind its inner guards, or (`done`) behind its outer ones."""
    for guard in _outer if done else _inner:
        write = guard(view, request, write)
    return write
