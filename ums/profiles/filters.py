"""Filters of profiles and assignments, for the console and the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import django_filters
from django.db.models import Q

from ums.core.access import subtree
from ums.core.filters import FlagFilter, IdFilter
from ums.profiles.models import Assignment, Profile, ProfileKind

if TYPE_CHECKING:
    from django.db.models import QuerySet


class ProfileFilter(django_filters.FilterSet):
    """The parameters of profile lists."""

    q = django_filters.CharFilter(method="filter_q", label="Words that are part of name or description")
    kind = django_filters.ChoiceFilter(choices=ProfileKind.choices)
    directory = IdFilter(method="filter_directory", label="Id of a directory; all below it count")
    based_on = IdFilter(field_name="based_on_id", label="Id of a catalogue")
    assigned = FlagFilter(method="filter_assigned", label="Whether it is assigned to anything")

    class Meta:
        model = Profile
        fields: list[str] = []

    def filter_q(self, queryset: QuerySet[Profile], name: str, value: str) -> QuerySet[Profile]:
        """Each word."""
        for word in value.split()[:10]:
            queryset = queryset.filter(Q(name__icontains=word) | Q(description__icontains=word))
        return queryset

    def filter_directory(self, queryset: QuerySet[Profile], name: str, value: int) -> QuerySet[Profile]:
        """The whole subtree."""
        return queryset.filter(directory__in=subtree([value]))

    def filter_assigned(self, queryset: QuerySet[Profile], name: str, value: bool) -> QuerySet[Profile]:
        """By its assignments."""
        used = Assignment.objects.values("profile")
        return queryset.filter(pk__in=used) if value else queryset.exclude(pk__in=used)


class AssignmentFilter(django_filters.FilterSet):
    """The parameters of assignment lists. What reaches a device through directories is under its effective settings."""

    profile = IdFilter(field_name="profile_id", label="Id of a profile")
    device = IdFilter(field_name="device_id", label="Id of a device that a profile is assigned to directly")
    directory = IdFilter(field_name="directory_id", label="Id of a directory that a profile is assigned to directly")

    class Meta:
        model = Assignment
        fields: list[str] = []
