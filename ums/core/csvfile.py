"""CSV answers: streamed, and harmless in a spreadsheet program."""

from __future__ import annotations

import csv
from itertools import islice
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

    from django.http import HttpRequest

LINES = 500
"""How many lines are written at once."""

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins so is a formula to spreadsheet programs; with an apostrophe in front it is a text."""


def harmless(value: Any) -> str:
    """The text of a cell."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(RISKY) else text


def csv_answer(
    request: HttpRequest, name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse:
    """A download that is written while it is sent, so that its length costs no memory."""
    parts = _parts(_lines(head, rows))
    # Django would collect a plain iterator whole before it sends it over ASGI.
    content = _from_thread(parts) if isinstance(request, ASGIRequest) else parts
    response = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _lines(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    # The mark tells spreadsheet programs that the text is UTF-8.
    yield "\ufeff" + writer.writerow(head)
    for row in rows:
        yield writer.writerow([harmless(value) for value in row])


def _parts(lines: Iterator[str]) -> Iterator[str]:
    while part := "".join(islice(lines, LINES)):
        yield part


async def _from_thread(parts: Iterator[str]) -> AsyncIterator[str]:
    """The rows are read in the thread that has the request's database connection."""
    while part := await sync_to_async(lambda: next(parts, ""))():
        yield part


class _Echo:
    """A file whose `write` gives back what it got."""

    def write(self, text: str) -> str:
        return text
