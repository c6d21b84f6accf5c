"""Reading notices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from ums.core.access import Action, restrict
from ums.core.filters import like
from ums.domain.criteria import Criteria, Field, Kind, Pattern, Span, Term
from ums.notices.kinds import KINDS
from ums.notices.models import Notice

if TYPE_CHECKING:
    from django.db.models import QuerySet

RECENT = (("<1h", "Last hour"), ("<24h", "Last 24 hours"), ("<7d", "Last 7 days"))
COUNTED = 1000
"""Counting of open notices stops here."""


def fields() -> tuple[Field, ...]:
    """What can be filtered by. Kinds are known when all apps are loaded, so not before."""
    return (
        Field("level", Kind.CHOICE, "How serious it is", tuple(Notice.Level.choices)),
        Field("kind", Kind.CHOICE, "What was noticed", tuple(KINDS.items())),
        Field("device", Kind.TEXT, "Name of the device"),
        Field("time", Kind.MOMENT, "When it was noticed last: <2h, 2027-01-31", RECENT),
    )


def notice_list(*, user: Any) -> QuerySet[Notice]:
    """Notices of the devices that `user` may read; those of no device for who may read all."""
    return restrict(Notice.objects.select_related("device"), user, Action.READ)


def open_count(*, user: Any) -> int:
    """How many are open for `user`; counting stops at COUNTED."""
    rows = restrict(Notice.objects.filter(settled_at=None), user, Action.READ)
    return rows.order_by()[:COUNTED].count()


def apply_criteria(notices: QuerySet[Notice], criteria: Criteria) -> QuerySet[Notice]:
    """The notices that a filter means: terms of the same key widen, all else narrows."""
    for (_, excluded), terms in criteria.by_key().items():
        wanted = Q()
        for term in terms:
            wanted |= _condition(term)
        notices = notices.exclude(wanted) if excluded else notices.filter(wanted)
    for word in criteria.words:
        found = Q(title__icontains=word) | Q(detail__icontains=word) | Q(device_name__icontains=word)
        notices = notices.filter(found)
    return notices


def _condition(term: Term) -> Q:
    wanted = term.wanted
    if isinstance(wanted, Span):
        if wanted.never:
            return Q(pk__in=[])
        since = Q(last_at__gte=wanted.start) if wanted.start is not None else Q()
        return since & (Q(last_at__lt=wanted.end) if wanted.end is not None else Q())
    if isinstance(wanted, Pattern):
        return like("device_name", wanted)
    return Q(**{term.field.key: wanted})
