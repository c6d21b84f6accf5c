"""CSV answers: streamed, and harmless in a spreadsheet program."""

from __future__ import annotations

import csv
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.http import StreamingHttpResponse

from ums.core.streaming import streamed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
    content = streamed(request, _parts(_lines(head, rows)))
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


class _Echo:
    """A file whose `write` gives back what it got."""

    def write(self, text: str) -> str:
        return text
