"""Keyset paging of all lists: `limit`, `after`, `ordering`, and a count only when asked (docs/api-rules.md §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.pagination import BasePagination
from rest_framework.response import Response

from ums.core.errors import AppError
from ums.core.paging import DEFAULT_LIMIT, MAX_LIMIT, Order, keyset_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rest_framework.request import Request

BOOLEANS = {"true": True, "1": True, "false": False, "0": False, "": False}


class KeysetPagination(BasePagination):
    """Answers {"items": […], "next": cursor or null}, with "count" on `?count=true`."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """One page. Raises AppError `invalid` and `invalid_cursor`."""
        query = request.query_params
        order = order_of(query.get("ordering", ""), view.ordering_fields)
        self.page = keyset_page(queryset, order=order, limit=_limit(query.get("limit")), after=query.get("after", ""))
        self.count = queryset.order_by().count() if _asked("count", query.get("count", "")) else None
        return self.page.items

    def get_paginated_response(self, data: Any) -> Response:
        """The page with its cursor."""
        body: dict[str, Any] = {"items": data, "next": self.page.next}
        return Response(body if self.count is None else {**body, "count": self.count})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The same for the OpenAPI schema."""
        return {
            "type": "object",
            "required": ["items", "next"],
            "properties": {
                "items": schema,
                "next": {
                    "type": "string",
                    "nullable": True,
                    "description": "Give it back as `after`.",
                    "example": "WyJuYW1lIiwiVEMtMDQ3MSIsMTJd",
                },
                "count": {"type": "integer", "description": "With `count=true`: all that match.", "example": 4210},
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The parameters of all lists."""
        names = [sign + name for name in view.ordering_fields for sign in ("", "-")]
        return [
            _parameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
                "Items on a page.",
            ),
            _parameter("after", {"type": "string"}, "`next` of the page before."),
            _parameter("ordering", {"type": "string", "enum": names, "default": names[0]}, "“-” turns it round."),
            _parameter("count", {"type": "boolean", "default": False}, "Tell how many match in all."),
        ]


def order_of(text: str, fields: Mapping[str, str]) -> Order:
    """The order that a text such as "-name" means. Raises AppError `invalid`."""
    name = text.removeprefix("-") or next(iter(fields))
    if name not in fields:
        message = f"“{name[:50]}” is not an order of this list. Choose one of {', '.join(fields)}."
        raise AppError("invalid", message, fields={"ordering": [message]})
    return Order(name, fields[name], text.startswith("-"))


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= MAX_LIMIT:
        return int(text)
    message = f"A number from 1 to {MAX_LIMIT}, please."
    raise AppError("invalid", message, fields={"limit": [message]})


def _asked(name: str, text: str) -> bool:
    if text.lower() not in BOOLEANS:
        message = "“true” or “false”, please."
        raise AppError("invalid", message, fields={name: [message]})
    return BOOLEANS[text.lower()]


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
