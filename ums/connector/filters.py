"""Filters of first-authentication keys, for the console and the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import django_filters
from django.db.models import Q

from ums.connector.models import EnrolmentKey
from ums.core.filters import FlagFilter, IdFilter

if TYPE_CHECKING:
    from django.db.models import QuerySet


class EnrolmentKeyFilter(django_filters.FilterSet):
    """The parameters of lists of keys."""

    q = django_filters.CharFilter(method="filter_q", label="Part of the name or of the unit ID")
    kind = django_filters.ChoiceFilter(choices=EnrolmentKey.Kind.choices)
    enabled = FlagFilter()
    used = FlagFilter(method="filter_used", label="Whether a device came with it")
    directory = IdFilter(field_name="directory_id", label="Id of the directory that its devices go to")

    class Meta:
        model = EnrolmentKey
        fields: list[str] = []

    def filter_q(self, queryset: QuerySet[EnrolmentKey], name: str, value: str) -> QuerySet[EnrolmentKey]:
        """Either of both."""
        return queryset.filter(Q(name__icontains=value) | Q(unit_id__icontains=value))

    def filter_used(self, queryset: QuerySet[EnrolmentKey], name: str, value: bool) -> QuerySet[EnrolmentKey]:
        """By the count."""
        return queryset.filter(used_count__gt=0) if value else queryset.filter(used_count=0)
