"""Filters of events, for lists, streams and webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import django_filters
from django.db.models import Q
from drf_spectacular.utils import extend_schema_field

from ums.core.access import subtree
from ums.core.filters import IdFilter, MomentFilter
from ums.events.kinds import KINDS
from ums.events.models import Event

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

MAX_KINDS = 100


def kind_choices() -> list[tuple[str, str]]:
    """Kinds of events and what they are about: “device.online”, and “device” for all about devices."""
    nouns = sorted({name.partition(".")[0] for name in KINDS})
    about = [(noun, f"All about {noun.replace('_', ' ')}") for noun in nouns]
    return sorted([*about, *((name, meaning.rstrip(".")) for name, meaning in KINDS.items())])


def of_kinds(rows: QuerySet[Event], kinds: Iterable[str]) -> QuerySet[Event]:
    """Those of these kinds, or about these nouns; of all when there are none."""
    names = sorted(set(kinds))
    if not names:
        return rows
    condition = Q(kind__in=[name for name in names if "." in name])
    for noun in (name for name in names if "." not in name):
        condition |= Q(kind__startswith=f"{noun}.")
    return rows.filter(condition)


@extend_schema_field({"type": "array", "items": {"type": "string"}, "maxItems": MAX_KINDS})
class KindsFilter(django_filters.MultipleChoiceFilter):
    """Kinds of events."""

    def filter(self, qs: QuerySet[Event], value: list[str]) -> QuerySet[Event]:
        """See `of_kinds`."""
        return of_kinds(qs, value)


class EventFilter(django_filters.FilterSet):
    """The parameters of the list of events."""

    kind = KindsFilter(choices=kind_choices, label="As in “device.online”; “device”: all about devices")
    object_type = django_filters.CharFilter(label="As in “device”")
    object_id = django_filters.CharFilter(label="Its id")
    directory = IdFilter(method="filter_directory", label="Id of a directory: what happened in it and below it")
    since = MomentFilter(field_name="time", lookup_expr="gte", label="Happened then or later")
    until = MomentFilter(field_name="time", lookup_expr="lt", label="Happened before")

    class Meta:
        model = Event
        fields: list[str] = []

    def filter_directory(self, queryset: QuerySet[Event], name: str, value: int) -> QuerySet[Event]:
        """The directory and all below it."""
        return queryset.filter(directory__in=subtree([value]))
