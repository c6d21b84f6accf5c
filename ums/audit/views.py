"""The audit log: who changed what, newest first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ums.audit import selectors
from ums.audit.criteria import apply_criteria, fields
from ums.audit.models import Event
from ums.audit.presentation import event_rows, meaning_of
from ums.core.access import Action, require
from ums.core.csvfile import csv_answer
from ums.core.listing import Column, FilterBar, Sorting, address, listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponseBase

SORTS = {"time": "pk"}
COLUMNS = (
    Column("time", "Time", "time", fixed=True),
    Column("who", "Who"),
    Column("action", "What happened", fixed=True),
    Column("object", "Object", css="mid"),
    Column("changes", "What changed", fixed=True),
    Column("address", "From", css="rare"),
)
HEAD = ("time", "who", "from", "action", "meaning", "type", "id", "object", "before", "after", "comment", "request")


@require_safe
def event_list(request: HttpRequest) -> HttpResponseBase:
    """A page of events."""
    bar, events = _events(request)
    sorting = Sorting(request.GET, SORTS, "-time")
    page = listing(events, request.GET, sorting.order)
    context = {
        **bar.context(request, placeholder="Filter events", keep=["sort"]),
        "page": page,
        "rows": event_rows(page.items, request.user),
        "columns": sorting.columns(COLUMNS),
        "csv_url": reverse("audit:event_export") + address(request.GET),
        "breadcrumbs": [("Audit Log", "")],
    }
    return render(request, "audit/page.html", context, status=422 if bar.error else 200)


@require_safe
def event_export(request: HttpRequest) -> HttpResponseBase:
    """All events that the filter means, as CSV."""
    _, events = _events(request)
    return csv_answer(request, "audit.csv", HEAD, _lines(events))


def _events(request: HttpRequest) -> tuple[FilterBar, QuerySet[Event]]:
    require(request.user, Action.AUDIT)
    bar = FilterBar(request.GET, fields())
    events = apply_criteria(selectors.event_list(user=request.user), bar.criteria)
    return bar, Event.objects.none() if bar.error else events


def _lines(events: QuerySet[Event]) -> Iterator[tuple[object, ...]]:
    for event in selectors.event_stream(events=events):
        yield (
            event.time.isoformat(),
            event.actor_name,
            event.address,
            event.action,
            meaning_of(event),
            event.object_type,
            event.object_id,
            event.object_name,
            "" if event.before is None else json.dumps(event.before, ensure_ascii=False),
            "" if event.after is None else json.dumps(event.after, ensure_ascii=False),
            event.comment,
            event.request_id,
        )
