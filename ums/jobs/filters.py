"""Filters of commands, for the console and the API."""

from __future__ import annotations

import django_filters

from ums.core.filters import IdFilter, MomentFilter
from ums.jobs.models import KINDS, Command, CommandState


class CommandFilter(django_filters.FilterSet):
    """The parameters of command lists."""

    device = IdFilter(field_name="device_id", label="Id of a device")
    batch = IdFilter(field_name="batch_id", label="Id of a batch")
    kind = django_filters.ChoiceFilter(choices=KINDS)
    state = django_filters.MultipleChoiceFilter(choices=CommandState.choices)
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte")

    class Meta:
        model = Command
        fields: list[str] = []
