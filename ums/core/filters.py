"""Pieces of filters that all apps use. Nothing is ignored: a misspelt filter would otherwise mean “everything”."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.db.models import CharField, Lookup, Q, QuerySet, TextField
from django.http import QueryDict
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema_field

from ums.core.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from rest_framework.request import Request

    from ums.domain.criteria import Pattern

MAX_ID = 2**63 - 1
PAGING = frozenset({"limit", "after", "ordering", "count", "fields"})
"""Parameters of lists that are no filters."""


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": MAX_ID})
class IdFilter(django_filters.Filter):
    """The id of an object."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=MAX_ID, **kwargs)


class MomentField(IsoDateTimeField):
    """A moment in UTC: other zones reach further than databases accept."""

    def to_python(self, value: Any) -> Any:
        """Raises ValidationError also for the first and last day that there are."""
        moment = super().to_python(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError:
            raise forms.ValidationError(self.error_messages["invalid"]) from None


class MomentFilter(django_filters.IsoDateTimeFilter):
    """ISO 8601, with any zone."""

    field_class = MomentField


@extend_schema_field(bool)
class FlagFilter(django_filters.TypedChoiceFilter):
    """`true` or `false`, and nothing else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        choices = [("true", "true"), ("false", "false")]
        super().__init__(*args, choices=choices, coerce=lambda text: text == "true", **kwargs)


class Like(Lookup):
    """`column__like="TC-%"`, upper and lower case the same."""

    lookup_name = "like"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Both databases escape with a backslash."""
        left, left_values = self.process_lhs(compiler, connection)
        right, right_values = self.process_rhs(compiler, connection)
        return f"UPPER({left}) LIKE UPPER({right}) ESCAPE '\\'", (*left_values, *right_values)


CharField.register_lookup(Like)
TextField.register_lookup(Like)


def like(field: str, pattern: Pattern) -> Q:
    """A text column that looks like `pattern`, upper and lower case the same."""
    if len(pattern.pieces) == 1:
        return Q(**{f"{field}__iexact": pattern.pieces[0]})
    escaped = (piece.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for piece in pattern.pieces)
    return Q(**{f"{field}__like": "%".join(escaped)})


class StrictFilterBackend(DjangoFilterBackend):
    """Filters lists of the API by `filterset_class`; unknown parameters are refused."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """Raises AppError `filter_invalid`."""
        if view.action != "list":
            return queryset
        given = request.query_params
        filterset = getattr(view, "filterset_class", None)
        if filterset is None:
            _refuse_unknown(given, ())
            return queryset
        return filtered(filterset, given, queryset)


def filtered(filterset: type[django_filters.FilterSet], given: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
    """The rows that the parameters of an address mean. Raises AppError `filter_invalid` for unknown or wrong ones."""
    _refuse_unknown(given, filterset.base_filters)
    bound = filterset(given, queryset)
    if not bound.is_valid():
        fields = {name: [str(one) for one in messages] for name, messages in bound.errors.items()}
        told = "; ".join(f"{name}: {' '.join(messages)}" for name, messages in fields.items())
        raise AppError("filter_invalid", told, fields=fields)
    found: QuerySet[Any] = bound.qs
    return found


def as_query(given: Mapping[str, Any]) -> QueryDict:
    """A filter from a JSON body as the parameters of an address. Raises AppError `filter_invalid`."""
    query = QueryDict(mutable=True)
    for name, value in given.items():
        values = value if isinstance(value, list) else [value]
        if name in PAGING or not all(isinstance(one, str | int | float | bool) for one in values):
            message = "A text, a number, true or false, or a list of these, please."
            raise AppError("filter_invalid", f"{name[:50]}: {message}", fields={name: [message]})
        query.setlist(name, [str(one).lower() if isinstance(one, bool) else str(one) for one in values])
    return query


def _refuse_unknown(given: Mapping[str, Any], known: Collection[str]) -> None:
    unknown = [str(name) for name in given if name not in known and name not in PAGING]
    if unknown:
        there_are = f"There are {', '.join(sorted(known))}." if known else "This list has none."
        raise AppError(
            "filter_invalid",
            f"There is no filter “{unknown[0][:50]}”. {there_are}",
            fields={name: ["There is no such filter."] for name in unknown[:20]},
        )
