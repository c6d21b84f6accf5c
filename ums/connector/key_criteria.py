"""What the filter bar of first-authentication keys offers, and what state a key is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Case, CharField, Q, Value, When
from django.utils import timezone

from ums.connector.models import EnrolmentKey
from ums.core.filters import like
from ums.domain.criteria import Criteria, Field, Kind, Pattern, Span, Term

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

STATES = (("active", "Active"), ("disabled", "Disabled"), ("used", "Used"), ("expired", "Expired"))
TEXTS = {"name": "name", "unit-id": "unit_id", "directory": "directory__name", "by": "author_name"}
MOMENTS = {"last-use": "last_used_at", "expires": "expires_at", "created": "created_at"}
FIELDS: tuple[Field, ...] = (
    Field("state", Kind.CHOICE, "State", STATES),
    Field("kind", Kind.CHOICE, "Kind of key", tuple(EnrolmentKey.Kind.choices)),
    Field("name", Kind.TEXT, "Name"),
    Field("unit-id", Kind.TEXT, "Unit ID that it is bound to"),
    Field("directory", Kind.TEXT, "Where its devices go"),
    Field("by", Kind.TEXT, "Who made it"),
    Field("last-use", Kind.MOMENT, "Last use"),
    Field("expires", Kind.MOMENT, "End"),
    Field("created", Kind.MOMENT, "When it was made"),
)
SEARCHED = ("name", "unit_id")


def with_state(keys: QuerySet[EnrolmentKey], now: datetime | None = None) -> QuerySet[EnrolmentKey]:
    """Annotates `state`, one of STATES: the one that cannot be changed any more comes first."""
    state = Case(
        When(~Q(kind=EnrolmentKey.Kind.MASS) & Q(used_count__gt=0), then=Value("used")),
        When(expires_at__lte=now or timezone.now(), then=Value("expired")),
        When(enabled=False, then=Value("disabled")),
        default=Value("active"),
        output_field=CharField(),
    )
    return keys.annotate(state=state)


def apply_criteria(keys: QuerySet[EnrolmentKey], criteria: Criteria) -> QuerySet[EnrolmentKey]:
    """The keys (with their state) that a filter means."""
    for (_, excluded), terms in criteria.by_key().items():
        wanted = Q()
        for term in terms:
            wanted |= _condition(term)
        keys = keys.exclude(wanted) if excluded else keys.filter(wanted)
    for word in criteria.words:
        found = Q()
        for name in SEARCHED:
            found |= Q(**{f"{name}__icontains": word})
        keys = keys.filter(found)
    return keys


def _condition(term: Term) -> Q:
    wanted = term.wanted
    if isinstance(wanted, Pattern):
        return like(TEXTS[term.field.key], wanted)
    if isinstance(wanted, Span):
        return _within(MOMENTS[term.field.key], wanted)
    return Q(**{term.field.key: wanted})


def _within(column: str, span: Span) -> Q:
    if span.never:
        return Q(**{f"{column}__isnull": True})
    condition = Q()
    if span.start is not None:
        condition &= Q(**{f"{column}__gte": span.start})
    if span.end is not None:
        condition &= Q(**{f"{column}__lt": span.end})
    return condition
