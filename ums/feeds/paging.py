"""Following events: the cursor is a position, which is there also when nothing came yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.pagination import BasePagination
from rest_framework.response import Response

from ums.core.errors import AppError
from ums.core.paging import DEFAULT_LIMIT, MAX_LIMIT
from ums.events.numbering import events_numbered
from ums.events.selectors import feed

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

    from ums.events.models import Event


def position_of(text: str) -> int:
    """The position that a cursor means. Raises AppError `invalid_cursor`, and `cursor_gone` (410) when events beyond it
    are no longer kept: whoever goes on would not know what was missed."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise AppError("invalid_cursor", "This is no cursor of events.", fields={"after": ["No cursor of events."]})
    position = int(text)
    if 0 < position < feed().pruned:
        raise AppError(
            "cursor_gone",
            "Events after this cursor are no longer kept. Read anew what you need, and start without a cursor.",
            status=410,
        )
    return position


def window(rows: QuerySet[Event], after: int, limit: int) -> tuple[list[Event], int, bool]:
    """What comes after a position: the events, the position to go on from, and whether more is there by now.

    The position passes by what the reader may not see, so that it is not looked at again and again.
    """
    newest = events_numbered()
    found = list(rows.filter(position__gt=after, position__lte=newest)[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    return found, (found[-1].position or 0) if more else max(after, newest), more


class EventPagination(BasePagination):
    """Answers {"items": […], "next": cursor or null, "cursor": where to go on later}."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """One page. Raises AppError `invalid`, `invalid_cursor`, `cursor_gone`."""
        query = request.query_params
        for name in ("ordering", "count"):
            if name in query:
                message = "Events have one order, and no number."
                raise AppError("invalid", message, fields={name: [message]})
        after = position_of(query["after"]) if query.get("after") else 0
        found, self.position, self.more = window(queryset, after, _limit(query.get("limit")))
        return found

    def get_paginated_response(self, data: Any) -> Response:
        """The page with its cursors."""
        cursor = str(self.position)
        return Response({"items": data, "next": cursor if self.more else None, "cursor": cursor})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The same for the OpenAPI schema."""
        return {
            "type": "object",
            "required": ["items", "next", "cursor"],
            "properties": {
                "items": schema,
                "next": {"type": "string", "nullable": True, "description": "There is more: give it back as `after`."},
                "cursor": {"type": "string", "description": "Give it back as `after` to hear of what comes later."},
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """`limit` and `after`."""
        limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
        return [
            {"name": "limit", "in": "query", "required": False, "description": "Events on a page.", "schema": limit},
            {
                "name": "after",
                "in": "query",
                "required": False,
                "description": "`cursor` or `next` of an answer before, or the id of an event of the stream.",
                "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
            },
        ]


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= MAX_LIMIT:
        return int(text)
    message = f"A number from 1 to {MAX_LIMIT}, please."
    raise AppError("invalid", message, fields={"limit": [message]})
