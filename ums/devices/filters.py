"""Filters of devices: one meaning for the console's filter bar, its lists, the API and bulk commands.

`apply_filter(queryset, text)` takes the text of the bar; `DeviceFilter` the parameters of an address, `filter` among
them. Both want a queryset of `device_list`, or any of devices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import django_filters
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from ums.core.access import subtree
from ums.core.errors import AppError
from ums.core.filters import FlagFilter, IdFilter, MomentFilter, like
from ums.devices.models import Device, Directory, DirectoryKind, NetworkAdapter
from ums.devices.selectors import directory_subtree_ids, status_condition
from ums.domain.criteria import Criteria, CriteriaError, Field, Kind, Pattern, Span, Term, parse
from ums.domain.presence import Status

if TYPE_CHECKING:
    from django.db.models import QuerySet

STATUSES = tuple((status.value, status.value.capitalize()) for status in Status)

SETTINGS = (
    ("applied", "Applied"),
    ("pending", "Changes pending"),
    ("deferred", "At next boot"),
    ("error", "Error"),
)
"""What the column Settings shows; `SettingsState.progress` is the same for one row."""

TEXTS = {
    "name": ("name", "Name"),
    "unit-id": ("unit_id", "Unit ID"),
    "site": ("site", "Site"),
    "department": ("department", "Department"),
    "cost-centre": ("cost_centre", "Cost centre"),
    "asset-id": ("asset_id", "Asset ID"),
    "comment": ("comment", "Comment"),
    "serial": ("serial_number", "Serial number"),
    "tag": ("structure_tag", "Structure tag"),
    "network-name": ("network_name", "Network name"),
    "ip": ("ip_address", "IP address"),
    "vendor": ("vendor", "Vendor"),
    "product": ("product", "Hardware"),
    "firmware": ("firmware", "Firmware"),
    "firmware-version": ("firmware_version", "Firmware version"),
    "os": ("os_name", "Operating system"),
    "last-user": ("last_user", "Last user"),
}
MOMENTS = {
    "last-contact": ("presence__last_contact", "Last contact"),
    "registered": ("registered_at", "First enrolled"),
    "inventory": ("inventory_at", "Last inventory"),
}
FIELDS: tuple[Field, ...] = (
    Field("status", Kind.CHOICE, "Presence", STATUSES),
    Field("settings", Kind.CHOICE, "How far the settings are", SETTINGS),
    Field("needs", Kind.CHOICE, "Late, or in error", (("attention", "Attention"),)),
    Field("pending", Kind.FLAG, "Settings not yet transferred", (("yes", "Yes"), ("no", "No"))),
    Field("directory", Kind.TEXT, "Directory and all below it"),
    Field("mac", Kind.TEXT, "MAC address"),
    *(Field(key, Kind.TEXT, help) for key, (_, help) in TEXTS.items()),
    *(Field(key, Kind.MOMENT, help) for key, (_, help) in MOMENTS.items()),
)
"""What the filter bar offers."""


def criteria_of(text: str) -> Criteria:
    """The text of a filter bar, read. Raises AppError `filter_invalid` that says what is wrong with it."""
    try:
        return parse(text, FIELDS, timezone.now())
    except CriteriaError as error:
        raise AppError("filter_invalid", str(error), fields={"filter": [str(error)]}) from error


def apply_filter(queryset: QuerySet[Device], text: str) -> QuerySet[Device]:
    """The devices that a text such as `status:offline site:Bremen words` means. Raises AppError `filter_invalid`."""
    criteria = criteria_of(text)
    for (_, excluded), terms in criteria.by_key().items():
        wanted = Q()
        for term in terms:
            wanted |= _condition(term)
        queryset = queryset.exclude(wanted) if excluded else queryset.filter(wanted)
    for word in criteria.words:
        queryset = search(queryset, word)
    return queryset


def search(queryset: QuerySet[Device], word: str) -> QuerySet[Device]:
    """The devices in whose identifiers `word` is found; among MAC addresses only when it can be part of one."""
    word = word.lower()
    if set(word) - set("0123456789abcdef:-."):
        return queryset.filter(search__contains=word)
    named = Device.objects.filter(search__contains=word).order_by().values("pk")
    adapters = NetworkAdapter.objects.filter(mac__icontains=word).order_by().values("device")
    return queryset.filter(pk__in=named.union(adapters))


def _condition(term: Term) -> Q:
    key, wanted = term.field.key, term.wanted
    if isinstance(wanted, Pattern):
        return _SPECIAL[key](wanted) if key in _SPECIAL else like(TEXTS[key][0], wanted)
    if isinstance(wanted, Span):
        return _within(MOMENTS[key][0], wanted)
    if key == "status":
        return status_condition(str(wanted))
    if key == "needs":
        return status_condition(Status.LATE) | ~Q(state__error="")
    return Q(state__pending=wanted) if key == "pending" else _SETTINGS[str(wanted)]


_SETTINGS: dict[str, Q] = {
    "applied": Q(state__pending=False, state__error=""),
    "pending": Q(state__pending=True, state__deferred=False),
    "deferred": Q(state__pending=True, state__deferred=True),
    "error": Q(state__pending=False) & ~Q(state__error=""),
}


def _within(path: str, span: Span) -> Q:
    if span.never:
        return Q(**{f"{path}__isnull": True})
    condition = Q()
    if span.start is not None:
        condition &= Q(**{f"{path}__gte": span.start})
    if span.end is not None:
        condition &= Q(**{f"{path}__lt": span.end})
    return condition


def _adapter(condition: Q) -> Exists:
    return Exists(NetworkAdapter.objects.filter(condition, device=OuterRef("pk")))


def _below(pattern: Pattern) -> Q:
    """Devices below each directory of this name, or with this id."""
    named = like("name", pattern)
    if (
        len(pattern.pieces) == 1
        and pattern.pieces[0].isascii()
        and pattern.pieces[0].isdecimal()
        and len(pattern.pieces[0]) < 19
    ):
        named |= Q(pk=int(pattern.pieces[0]))
    roots = Directory.objects.filter(named, kind=DirectoryKind.DEVICE).values_list("pk", flat=True)
    return Q(directory__in=subtree(roots))


_SPECIAL: dict[str, Callable[[Pattern], Q]] = {
    "directory": _below,
    "mac": lambda pattern: Q(_adapter(like("mac", pattern))),
}


class DeviceFilter(django_filters.FilterSet):
    """The parameters of device lists. Values of text parameters are whole values, upper and lower case the same."""

    q = django_filters.CharFilter(method="filter_q", label="Words that are part of name, address, serial number, …")
    filter = django_filters.CharFilter(method="filter_text", label="As in the filter bar: `status:offline site:Bremen`")
    status = django_filters.MultipleChoiceFilter(choices=STATUSES, method="filter_status", label="Presence")
    directory = IdFilter(method="filter_directory", label="Id of a directory; all below it count")
    pending = FlagFilter(field_name="state__pending", label="Settings not yet transferred")
    product = django_filters.CharFilter(lookup_expr="iexact")
    firmware = django_filters.CharFilter(lookup_expr="iexact")
    firmware_version = django_filters.CharFilter(lookup_expr="iexact")
    site = django_filters.CharFilter(lookup_expr="iexact")
    department = django_filters.CharFilter(lookup_expr="iexact")
    last_contact_before = MomentFilter(field_name="presence__last_contact", lookup_expr="lt")
    last_contact_after = MomentFilter(field_name="presence__last_contact", lookup_expr="gte")

    class Meta:
        model = Device
        fields: list[str] = []

    def filter_q(self, queryset: QuerySet[Device], name: str, value: str) -> QuerySet[Device]:
        """Each word."""
        for word in value.split()[:10]:
            queryset = search(queryset, word)
        return queryset

    def filter_text(self, queryset: QuerySet[Device], name: str, value: str) -> QuerySet[Device]:
        """The language of the filter bar."""
        return apply_filter(queryset, value)

    def filter_status(self, queryset: QuerySet[Device], name: str, value: list[str]) -> QuerySet[Device]:
        """One of several; said so that the database knows how few or many they are."""
        wanted = Q()
        for status in value:
            wanted |= status_condition(status)
        return queryset.filter(wanted)

    def filter_directory(self, queryset: QuerySet[Device], name: str, value: Any) -> QuerySet[Device]:
        """The whole subtree."""
        return queryset.filter(directory__in=directory_subtree_ids(directory_id=value))
