"""What the console's list pages share: the filter bar, sorting, and pages that know where they are.

1. The address holds everything: `f=key:value` for each token, `q` for free words, `sort`, and for the page `after` or
   `before` (cursors) with `at`, the number of rows in front of it.
2. Paging is by keyset both ways (`core.paging`); the page before is the same list read backwards. So lists are sorted
   by columns that are never empty.
3. Counting stops at COUNTED: nobody pages through more, and a count of everything costs more than the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.db.models import Model
from django.http import QueryDict
from django.utils import timezone

from ums.core.errors import AppError
from ums.core.paging import Order, Page, cursor_at, keyset_page
from ums.domain.criteria import Criteria, CriteriaError, Field, parse, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest

M = TypeVar("M", bound=Model)

ROWS = 50
COUNTED = 10_000
PAGING = ("after", "before", "at")
MAX_AT = 10**9


@dataclass(frozen=True, slots=True)
class Token:
    """One token of the filter bar, as components/filter_bar.html shows it."""

    key: str
    value: str


class FilterBar:
    """What stands in the filter bar of a page, read from its address. `error` says what cannot be read in it."""

    def __init__(self, query: QueryDict, fields: Iterable[Field]) -> None:
        self.fields = [{"key": field.key, "help": field.help, "options": field.choices} for field in fields]
        self.error = ""
        try:
            self.criteria = parse(filter_text(query), fields, timezone.now())
            self.tokens = [
                Token(("-" if term.excluded else "") + term.field.key, term.text) for term in self.criteria.terms
            ]
            self.text = " ".join(self.criteria.words)
        except CriteriaError as error:
            self.criteria = Criteria()
            self.error = str(error)
            self.tokens = [Token(*token.partition(":")[::2]) for token in query.getlist("f")]
            self.text = query.get("q", "")

    @property
    def used(self) -> bool:
        """Whether anything is filtered."""
        return bool(self.error or self.criteria.terms or self.criteria.words)

    def context(self, request: HttpRequest, *, placeholder: str, keep: Iterable[str] = ()) -> dict[str, Any]:
        """The variables of components/filter_bar.html; `keep` names parameters that stay when the filter changes."""
        return {
            "filter_url": request.path,
            "filter_tokens": self.tokens,
            "filter_text": self.text,
            "filter_fields": self.fields,
            "filter_placeholder": placeholder,
            "filter_error": self.error,
            "filter_used": self.used,
            "keep": [(name, request.GET[name]) for name in keep if request.GET.get(name)],
        }


def filter_text(query: QueryDict) -> str:
    """The tokens and the free words of an address as one text that `criteria.parse` reads."""
    parts = []
    for token in query.getlist("f"):
        key, colon, value = token.partition(":")
        parts.append(f"{key}:{quoted(value)}" if colon else quoted(token))
    return " ".join([*parts, query.get("q", "")]).strip()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `order` names its order in SORTS ("" when it cannot be sorted by)."""

    key: str
    label: str
    order: str = ""
    css: str = ""
    fixed: bool = False


class Sorting:
    """The order that an address asks for, and the head of the table that offers the others."""

    def __init__(self, query: QueryDict, orders: Mapping[str, str], default: str) -> None:
        """`orders`: name in the address -> column that is never empty. What is not known is the default."""
        asked = query.get("sort", default)
        text = asked if asked.removeprefix("-") in orders else default
        name = text.removeprefix("-")
        self.order = Order(name, orders[name], text.startswith("-"))
        self._query = query

    def columns(self, columns: Sequence[Column]) -> list[dict[str, Any]]:
        """The variable of components/table_head.html."""
        return [
            {
                "key": column.key,
                "label": column.label,
                "css": column.css,
                "fixed": column.fixed,
                "sort": self._state(column.order),
                "sort_url": self._url(column.order) if column.order else "",
            }
            for column in columns
        ]

    def _state(self, name: str) -> str:
        if not name or name != self.order.name:
            return ""
        return "descending" if self.order.descending else "ascending"

    def _url(self, name: str) -> str:
        again = name == self.order.name and not self.order.descending
        return address(self._query, sort=f"-{name}" if again else name)


def address(query: QueryDict, **changes: str) -> str:
    """The query of a page's address with `changes` and back at the first page, "?" in front."""
    copy = query.copy()
    for name in PAGING:
        copy.pop(name, None)
    for name, value in changes.items():
        copy[name] = value
    return f"?{copy.urlencode()}"


@dataclass(frozen=True, slots=True)
class Listing(Generic[M]):
    """One page of a list, with the variables of components/pagination.html as attributes."""

    items: list[M]
    first: int
    last: int
    total: int
    approximate: bool
    """There are more than `total`."""
    previous_url: str
    next_url: str


def listing(queryset: QuerySet[M], query: QueryDict, order: Order, *, rows: int = ROWS) -> Listing[M]:
    """The page of `queryset` that an address asks for. Raises AppError `invalid_cursor`."""
    after, before = query.get("after", ""), query.get("before", "")
    page, earlier, later = _page(queryset, order, after, before, rows)
    at = _number(query.get("at", "")) if after or (before and earlier) else 0
    previous = following = ""
    if page and earlier:
        previous = address(query, before=cursor_at(order.reversed, page[0]), at=str(max(0, at - rows)))
    elif after:
        previous = address(query)
    if page and later:
        following = address(query, after=cursor_at(order, page[-1]), at=str(at + len(page)))
    if not earlier and not later:
        total, more = len(page), False
    else:
        total = queryset.order_by()[: COUNTED + 1].count()
        total, more = min(total, COUNTED), total > COUNTED
    last = at + len(page)
    return Listing(page, at + 1 if page else 0, last, max(total, last), more and last <= COUNTED, previous, following)


def _page(queryset: QuerySet[M], order: Order, after: str, before: str, rows: int) -> tuple[list[M], bool, bool]:
    """The rows, and whether there are earlier and later ones."""
    found: Page[M]
    if before and not after:
        found = keyset_page(queryset, order=order.reversed, limit=rows, after=before)
        return found.items[::-1], found.next is not None, True
    found = keyset_page(queryset, order=order, limit=rows, after=after)
    return found.items, bool(after), found.next is not None


def _number(text: str) -> int:
    return min(int(text), MAX_AT) if text.isascii() and text.isdecimal() and len(text) < 12 else 0


AT_ONCE = 1000
"""Rows that one bulk action touches, unless a page says otherwise."""


def matching(request: HttpRequest) -> QueryDict | None:
    """The address of a page whose whole list a bulk action is about (`all=1&filter=…`), None when ids were sent."""
    asked = request.POST if request.method == "POST" else request.GET
    return QueryDict(asked.get("filter", "")) if asked.get("all") == "1" else None


def chosen(request: HttpRequest, *, limit: int = AT_ONCE) -> list[int]:
    """The ids of a bulk action (`ids=1,2,3`). Raises AppError `invalid` for none, too many or something else."""
    asked = request.POST if "ids" in request.POST else request.GET  # the address of an Undo has them as well
    parts = [part for part in asked.get("ids", "").split(",") if part]
    if not 1 <= len(parts) <= limit or not all(
        part.isascii() and part.isdecimal() and len(part) < 19 for part in parts
    ):
        raise AppError("invalid", f"Select 1 to {limit:,} rows.")
    return [int(part) for part in parts]
