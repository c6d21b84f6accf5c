"""Long answers that are written while they are sent, so that their length costs no memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from django.http import HttpRequest

Part = TypeVar("Part", str, bytes)


def streamed(request: HttpRequest, parts: Iterator[Part]) -> Iterator[Part] | AsyncIterator[Part]:
    """The content of a StreamingHttpResponse. No part is empty: an empty one would be the end.

    Django would collect a plain iterator whole before it sends it over ASGI.
    """
    return _from_thread(parts) if isinstance(request, ASGIRequest) else parts


async def _from_thread(parts: Iterator[Part]) -> AsyncIterator[Part]:
    """The parts are read in the thread that has the request's database connection."""
    while part := await sync_to_async(lambda: next(parts, None))():
        yield part
