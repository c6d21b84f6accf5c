"""Filters of the audit log, for the console and the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import django_filters
from django.db.models import Q

from ums.audit.models import Event
from ums.core.filters import MomentFilter

if TYPE_CHECKING:
    from django.db.models import QuerySet


class EventFilter(django_filters.FilterSet):
    """The parameters of audit lists."""

    q = django_filters.CharFilter(method="filter_q", label="Words that are part of the names, the comment or address")
    actor = django_filters.CharFilter(field_name="actor_name", label="User name, or “system”")
    action = django_filters.CharFilter(method="filter_action", label="As in “profile.saved”; “profile”: all of them")
    object_type = django_filters.CharFilter()
    object_id = django_filters.CharFilter()
    address = django_filters.CharFilter()
    request_id = django_filters.CharFilter()
    until = MomentFilter(field_name="time", lookup_expr="lt")
    since = MomentFilter(field_name="time", lookup_expr="gte")

    class Meta:
        model = Event
        fields: list[str] = []

    def filter_q(self, queryset: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        """Each word."""
        for word in value.split()[:10]:
            found = Q(object_name__icontains=word) | Q(actor_name__icontains=word)
            queryset = queryset.filter(found | Q(comment__icontains=word) | Q(address__icontains=word))
        return queryset

    def filter_action(self, queryset: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        """One kind of event, or all of one noun."""
        return queryset.filter(action=value) if "." in value else queryset.filter(action__startswith=f"{value}.")
