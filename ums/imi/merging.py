"""Rows of several queries put together while they are read: one query each, however many devices there are, and never
more than a few thousand rows in memory."""

from __future__ import annotations

from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import QuerySet

AT_ONCE = 2000
"""Rows."""
PART = 256 * 1024
IN_MEMORY = 4 * 2**20
"""Bytes; what is longer waits on the disk."""

Row = TypeVar("Row", bound=tuple[Any, ...])


class Following(Generic[Row]):
    """The rows of a query that belong to one key after the other. Their first column is the key, and they come in its
    order; keys are asked for in the same order."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = iter(rows)
        self._next = next(self._rows, None)

    def of(self, key: int) -> list[Row]:
        """Those of a key; what belongs to keys before it is left out."""
        found = []
        while self._next is not None and self._next[0] <= key:
            if self._next[0] == key:
                found.append(self._next)
            self._next = next(self._rows, None)
        return found


def rows_of(query: QuerySet[Any], *columns: str) -> Iterator[tuple[Any, ...]]:
    """The columns of a query, read in pieces."""
    return query.values_list(*columns).iterator(AT_ONCE)


def written(items: Iterator[Any], before: bytes = b"", after: bytes = b"") -> SpooledTemporaryFile[bytes]:
    """A list in JSON, written before any of it is sent: a slow client holds no connection to the database, and what
    fails half-way is an error and no half a list. `before`, `after`: what stands around the list."""
    file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed by `parts`
    file.write(before + b"[")
    encode, between = msgspec.json.Encoder().encode, b""
    while page := list(islice(items, AT_ONCE)):
        file.write(between)
        file.write(encode(page)[1:-1])
        between = b","
    file.write(b"]" + after)
    file.seek(0)
    return file


def parts(file: SpooledTemporaryFile[bytes]) -> Iterator[bytes]:
    """The content of the file, which is closed then."""
    with file:
        while part := file.read(PART):
            yield part
