"""Reading many rows in pieces: a million of them hold neither memory nor a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.db.models import Model

from ums.core.paging import Order, keyset_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

AT_ONCE = 1000

M = TypeVar("M", bound=Model)


def stream(rows: QuerySet[M], column: str, *, descending: bool = False) -> Iterator[M]:
    """All of `rows` in the order of a column that is never empty."""
    order = Order(column, column, descending)
    after: str | None = ""
    while after is not None:
        page = keyset_page(rows, order=order, limit=AT_ONCE, after=after)
        yield from page.items
        after = page.next
