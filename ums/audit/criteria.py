"""What the filter bar of the audit log offers, and what it means.

Ids grow with time, so a span of time becomes a span of ids that the primary key serves; how much the two may disagree
(transactions that wait, clocks of several servers) is SLACK, and the time itself decides in the end.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q, Value
from django.db.models.functions import Concat

from ums.audit.catalogue import EVENTS
from ums.audit.models import Event
from ums.audit.objects import OBJECTS
from ums.core.filters import like
from ums.domain.criteria import Criteria, Field, Kind, Pattern, Span, Term

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

SLACK = timedelta(hours=1)
RECENT = (("<1h", "Last hour"), ("<24h", "Last 24 hours"), ("<7d", "Last 7 days"), ("<30d", "Last 30 days"))
SEARCHED = Concat(
    "object_name", Value("\n"), "actor_name", Value("\n"), "comment", Value("\n"), "address", Value("\n"), "action"
)
"""Where free words are looked for: one text for each event, which is compared once."""
TEXTS = {"object": "object_name", "id": "object_id", "address": "address", "request": "request_id"}


def fields() -> tuple[Field, ...]:
    """What can be filtered by. The kinds of events are known when all apps are loaded, so not before."""
    nouns = sorted({name.partition(".")[0] for name in EVENTS})
    actions = [(noun, f"All about {noun.replace('_', ' ')}") for noun in nouns]
    actions += sorted((name, meaning.rstrip(".")) for name, meaning in EVENTS.items())
    return (
        Field("who", Kind.TEXT, "User name, or “system”"),
        Field("action", Kind.TEXT, "What was done", tuple(actions)),
        Field("type", Kind.CHOICE, "Type of object", tuple((name, one.word) for name, one in OBJECTS.items())),
        Field("object", Kind.TEXT, "Name of the object"),
        Field("id", Kind.TEXT, "Id of the object"),
        Field("time", Kind.MOMENT, "When: <2h, 2026-01-31", RECENT),
        Field("from", Kind.MOMENT, "On this day or later"),
        Field("to", Kind.MOMENT, "On this day or earlier"),
        Field("address", Kind.TEXT, "From which address"),
        Field("request", Kind.TEXT, "Request id"),
    )


def apply_criteria(events: QuerySet[Event], criteria: Criteria) -> QuerySet[Event]:
    """The events that a filter means: terms of the same key widen, all else narrows."""
    for (_, excluded), terms in criteria.by_key().items():
        wanted = Q()
        for term in terms:
            wanted |= _condition(term)
        events = events.exclude(wanted) if excluded else events.filter(wanted)
    if criteria.words:
        events = events.alias(searched=SEARCHED)
    for word in criteria.words:
        events = events.filter(Q(("searched__icontains", word)))
    return events


def _condition(term: Term) -> Q:
    key, wanted = term.field.key, term.wanted
    if isinstance(wanted, Span):
        return _within(_span(key, wanted))
    if isinstance(wanted, Pattern):
        if key in TEXTS:
            return _text(TEXTS[key], wanted)
        return _action(wanted) if key == "action" else _text("actor_name", wanted)
    return Q(object_type=wanted)


def _text(column: str, pattern: Pattern) -> Q:
    """Exactly this (an index serves it), or with stars anything like it, whatever the case."""
    return Q(**{column: pattern.pieces[0]}) if len(pattern.pieces) == 1 else like(column, pattern)


def _action(pattern: Pattern) -> Q:
    """One kind of event, or all of one noun."""
    name = pattern.pieces[0].lower()
    if len(pattern.pieces) > 1:
        return like("action", pattern)
    return Q(action=name) if "." in name else Q(action__in=[one for one in EVENTS if one.startswith(f"{name}.")])


def _span(key: str, span: Span) -> Span:
    """`from` and `to` take one end of what was written: the day itself belongs to both."""
    if key == "from":
        return Span(start=span.start or span.end)
    if key == "to":
        return Span(end=span.end or span.start)
    return span


def _within(span: Span) -> Q:
    if span.never:
        return Q(pk__in=[])
    condition = Q()
    if span.start is not None:
        condition &= Q(time__gte=span.start, pk__gte=_first_id(span.start - SLACK))
    if span.end is not None:
        condition &= Q(time__lt=span.end)
        if (last := _first_id(span.end + SLACK)) > 0:
            condition &= Q(pk__lt=last)
    return condition


def _first_id(moment: datetime) -> int:
    """The id of the first event since `moment`, 0 when there is none."""
    found = Event.objects.filter(time__gte=moment).order_by("time").values_list("pk", flat=True).first()
    return found or 0
