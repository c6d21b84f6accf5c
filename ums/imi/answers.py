"""Answers in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django.http import HttpResponse, StreamingHttpResponse

from swp.waiting import connection_given_back
from ums.core.streaming import streamed
from ums.imi.merging import parts, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

JSON = "application/json;charset=utf-8"


def as_json(value: Any, status: int = 200) -> HttpResponse:
    """A whole answer."""
    response = HttpResponse(msgspec.json.encode(value), status=status, content_type=JSON)
    response["Cache-Control"] = "no-store"
    return response


def in_parts(
    request: HttpRequest, items: Iterator[Any], before: bytes = b"", after: bytes = b""
) -> StreamingHttpResponse:
    """A long list, sent in parts without a connection to the database. `before`, `after`: what stands around it."""
    file = written(items, before, after)
    connection_given_back()
    response = StreamingHttpResponse(streamed(request, parts(file)), content_type=JSON)
    response["Cache-Control"] = "no-store"
    return response
