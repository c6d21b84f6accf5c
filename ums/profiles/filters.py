"""Filters of profiles and assignments, for the console and the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import django_filters
from django.db.models import Q

from ums.core.access import subtree
from ums.core.filters import FlagFilter, IdFilter
from ums.domain.criteria import MAX_STARS, Pattern
from ums.profiles import searching
from ums.profiles.models import Assignment, Profile, ProfileKind, UseCase

if TYPE_CHECKING:
    from django.db.models import QuerySet


class ProfileFilter(django_filters.FilterSet):
    """The parameters of profile lists."""

    q = django_filters.CharFilter(method="filter_q", label="Words that are part of name or description")
    kind = django_filters.ChoiceFilter(choices=ProfileKind.choices)
    directory = IdFilter(method="filter_directory", label="Id of a directory; all below it count")
    based_on = IdFilter(field_name="based_on_id", label="Id of a catalogue")
    assigned = FlagFilter(method="filter_assigned", label="Whether it is assigned to anything")
    deleted = FlagFilter(method="filter_deleted", label="Whether it lies in the recycle bin")
    use_case = django_filters.ChoiceFilter(choices=UseCase.choices, label="Of firmware customizations")
    unused = FlagFilter(
        method="filter_unused",
        label="Whether it reaches no device: never assigned, or only to directories without devices in and below them",
    )
    template = FlagFilter(method="filter_template", label="Whether a value in it comes from template keys")
    sets = django_filters.CharFilter(
        method="filter_sets", label="Path of a parameter that it sets; “*” stands for anything, as in update.*"
    )
    value = django_filters.CharFilter(method="filter_value", label="A value in it; “*” stands for anything")
    author = django_filters.CharFilter(
        field_name="head__author_name", lookup_expr="iexact", label="Who made its current revision"
    )

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

    def filter_deleted(self, queryset: QuerySet[Profile], name: str, value: bool) -> QuerySet[Profile]:
        """In the recycle bin or not."""
        return queryset.filter(deleted_at__isnull=not value)

    def filter_unused(self, queryset: QuerySet[Profile], name: str, value: bool) -> QuerySet[Profile]:
        """By the devices that it reaches."""
        return queryset.filter(searching.unused()) if value else queryset.exclude(searching.unused())

    def filter_template(self, queryset: QuerySet[Profile], name: str, value: bool) -> QuerySet[Profile]:
        """By its expressions."""
        condition = searching.uses_templates()
        return queryset.filter(condition) if value else queryset.exclude(condition)

    def filter_sets(self, queryset: QuerySet[Profile], name: str, value: str) -> QuerySet[Profile]:
        """By what it sets."""
        return queryset.filter(searching.sets(_pattern(value)))

    def filter_value(self, queryset: QuerySet[Profile], name: str, value: str) -> QuerySet[Profile]:
        """By the values in it."""
        return queryset.filter(searching.has_value(_pattern(value)))


def _pattern(text: str) -> Pattern:
    return Pattern(tuple(text.split("*")[: MAX_STARS + 1]))


class AssignmentFilter(django_filters.FilterSet):
    """The parameters of assignment lists. What reaches a device through directories is under its effective settings."""

    profile = IdFilter(field_name="profile_id", label="Id of a profile")
    device = IdFilter(field_name="device_id", label="Id of a device that a profile is assigned to directly")
    directory = IdFilter(field_name="directory_id", label="Id of a directory that a profile is assigned to directly")

    class Meta:
        model = Assignment
        fields: list[str] = []
