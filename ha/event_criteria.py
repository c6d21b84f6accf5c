"""What the filter bar of the network's events offers, and what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from ha.shown import NAMES
from ums.core.filters import like
from ums.domain.criteria import Criteria, Field, Kind, Pattern, Span, Term

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from ha.models import NetworkEvent

KINDS = (
    ("started", "Started"),
    ("stopped", "Stopped"),
    ("failed", "Failed"),
    ("lost", "Did not answer"),
    ("back", "Came back"),
    ("joined", "Joined the network"),
)
RECENT = (("<1h", "Last hour"), ("<24h", "Last 24 hours"), ("<7d", "Last 7 days"))
FIELDS = (
    Field("time", Kind.MOMENT, "When: <2h, 2026-01-31", RECENT),
    Field("kind", Kind.CHOICE, "What happened", KINDS),
    Field("type", Kind.CHOICE, "Type of process", tuple(NAMES.items())),
    Field("host", Kind.TEXT, "Name of the host"),
    Field("process", Kind.TEXT, "Process ID"),
)
COLUMNS = {"kind": "kind", "type": "process_type", "host": "node_name", "process": "process_id"}


def apply_criteria(events: QuerySet[NetworkEvent], criteria: Criteria) -> QuerySet[NetworkEvent]:
    """The events that a filter means: terms of the same key widen, all else narrows."""
    for (_, excluded), terms in criteria.by_key().items():
        wanted = Q()
        for term in terms:
            wanted |= _condition(term)
        events = events.exclude(wanted) if excluded else events.filter(wanted)
    for word in criteria.words:
        events = events.filter(text__icontains=word)
    return events


def _condition(term: Term) -> Q:
    wanted = term.wanted
    if isinstance(wanted, Span):
        if wanted.never:
            return Q(pk__in=[])
        since = Q(at__gte=wanted.start) if wanted.start is not None else Q()
        return since & (Q(at__lt=wanted.end) if wanted.end is not None else Q())
    column = COLUMNS[term.field.key]
    return like(column, wanted) if isinstance(wanted, Pattern) else Q(**{column: wanted})
