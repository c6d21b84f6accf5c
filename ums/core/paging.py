"""Keyset paging: a page goes on after the last row of the one before, however deep and whatever is inserted.

1. Rows are ordered by one column and, where that is the same, by primary key; empty values come last both ways, unless
   an order says that they come first.
2. A cursor holds order, value and key of the last row. It is opaque to clients, and no secret: it selects among rows
   that the reader may see anyway. A page backwards is a page of the reversed order.
3. The next page is `value > … or (value = … and key > …)`, written so that an index on (column, id) serves it.
Used by the lists of the console and of the API alike.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Field, Model, Q

from ums.core.errors import AppError

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.db.models.expressions import OrderBy

M = TypeVar("M", bound=Model)

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
MAX_CURSOR = 4096
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is ordered: `name` as people say it (in addresses and cursors), `field` as the ORM does."""

    name: str
    field: str
    descending: bool = False
    empty_first: bool = False

    @property
    def text(self) -> str:
        """As it stands in an address: "name" or "-name"."""
        return f"-{self.name}" if self.descending else self.name

    @property
    def reversed(self) -> Order:
        """The same rows from the end."""
        return Order(self.name, self.field, not self.descending, not self.empty_first)


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """The rows of a page, and the cursor of the next one (None: this is the last)."""

    items: list[M]
    next: str | None


@dataclass(frozen=True, slots=True)
class Keys:
    """The primary keys of a page in order, and the cursors of the pages after and before it (None: there is none)."""

    ids: list[int]
    next: str | None
    previous: str | None


def keyset_page(queryset: QuerySet[M], *, order: Order, limit: int = DEFAULT_LIMIT, after: str = "") -> Page[M]:
    """One page in one query. Raises AppError `invalid_cursor` for a cursor that is not one of this order."""
    rows = _window(queryset, order, after)
    items = list(rows[: limit + 1])
    if len(items) <= limit:
        return Page(items, None)
    return Page(items[:limit], cursor_at(order, items[limit - 1]))


def keyset_keys(queryset: QuerySet[Any], *, order: Order, limit: int, after: str = "", before: str = "") -> Keys:
    """The keys of one page, forwards from `after` or backwards from `before`, in one query without the list's joins.

    Raises AppError `invalid_cursor`.
    """
    back = bool(before)
    towards = order.reversed if back else order
    rows = list(_window(queryset, towards, before or after).values_list("pk", "_paging_key")[: limit + 1])
    more = len(rows) > limit
    rows = rows[:limit][::-1] if back else rows[:limit]
    if not rows:
        return Keys([], None, None)
    (first_pk, first_key), (last_pk, last_key) = rows[0], rows[-1]
    has_next, has_previous = (True, more) if back else (more, bool(after))
    return Keys(
        [pk for pk, _ in rows],
        _encoded(order, last_key, last_pk) if has_next else None,
        _encoded(order.reversed, first_key, first_pk) if has_previous else None,
    )


def _window(queryset: QuerySet[M], order: Order, after: str) -> QuerySet[M]:
    field, nullable = _field(queryset, order.field)
    rows: QuerySet[M] = queryset.order_by(*_ordering(order, nullable)).annotate(_paging_key=F(order.field))  # type: ignore[assignment]
    return rows.filter(_beyond(order, nullable, *_decoded(after, order, field))) if after else rows


def cursor_at(order: Order, row: Model) -> str:
    """The cursor behind a row that `keyset_page` answered, also for another direction of the same order."""
    return _encoded(order, row._paging_key, row.pk)  # type: ignore[attr-defined]


def _ordering(order: Order, nullable: bool) -> tuple[OrderBy | str, ...]:
    """Where empty values stand is said only where there can be any: an index is in the database's own order."""
    places: dict[str, Any] = {"nulls_first": True} if order.empty_first else {"nulls_last": True}
    column, said = F(order.field), places if nullable else {}
    return (column.desc(**said), "-pk") if order.descending else (column.asc(**said), "pk")


def _beyond(order: Order, nullable: bool, value: Any, pk: int) -> Q:
    further = "lt" if order.descending else "gt"
    empty = Q(**{f"{order.field}__isnull": True})
    if value is None:
        rest = empty & Q(**{f"pk__{further}": pk})
        return rest | ~empty if order.empty_first else rest
    beyond = Q(**{f"{order.field}__{further}": value}) | Q(**{order.field: value, f"pk__{further}": pk})
    # Implied by the rest; said because databases take it as the bound of an index scan.
    beyond &= Q(**{f"{order.field}__{further}e": value})
    return beyond | empty if nullable and not order.empty_first else beyond


def _field(queryset: QuerySet[Any], path: str) -> tuple[Field[Any, Any], bool]:
    """The column at the end of a path of relations, and whether it can be empty there."""
    model: Any = queryset.model
    if path in queryset.query.annotations:
        return queryset.query.annotations[path].output_field, True
    nullable = False
    for step in path.split("__"):
        try:
            field = model._meta.pk if step == "pk" else model._meta.get_field(step)
        except FieldDoesNotExist:
            raise ValueError(f"{queryset.model.__name__} cannot be ordered by {path}") from None
        nullable = nullable or bool(field.null)
        model = field.related_model
    return field, nullable


def _encoded(order: Order, value: Any, pk: int) -> str:
    return urlsafe_b64encode(msgspec.json.encode([order.text, value, pk])).decode().rstrip("=")


def _decoded(cursor: str, order: Order, field: Field[Any, Any]) -> tuple[Any, int]:
    wrong = AppError(
        "invalid_cursor",
        "This is not a cursor of this list in this order. Start again with the first page.",
        fields={"after": ["Not a cursor of this list in this order."]},
    )
    try:
        if len(cursor) > MAX_CURSOR:
            raise wrong
        name, value, pk = msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        value = None if value is None else field.to_python(value)
        value = value.astimezone(UTC) if isinstance(value, datetime) else value
    except (ValueError, TypeError, ValidationError, OverflowError, msgspec.DecodeError):
        raise wrong from None
    number = isinstance(value, int) and abs(value) > _LARGEST
    text = isinstance(value, str) and "\x00" in value
    if name != order.text or type(pk) is not int or abs(pk) > _LARGEST or number or text:
        raise wrong
    return value, pk
