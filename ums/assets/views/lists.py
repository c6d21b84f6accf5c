"""The list of assets with its views *Moved*, *Vanished* and *Duplicates*, the history of all, and both as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ums.assets import selectors
from ums.assets.criteria import EVENT_FIELDS, FIELDS, RULE_FIELDS, apply_criteria, apply_event_criteria
from ums.assets.models import Asset, AssetEvent
from ums.assets.stream import stream
from ums.assets.views.gate import TITLE, tracked
from ums.core.access import Action, may, may_somewhere, restrict
from ums.core.csvfile import csv_answer
from ums.core.listing import Column, FilterBar, Sorting, address, listing
from ums.devices.models import Device
from ums.domain.peripherals import LABELS, Category

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict

SORTS = {"name": "name", "vendor": "vendor", "category": "category", "changed": "changed_at", "first": "first_seen"}
COLUMNS = (
    Column("name", "Name", "name", fixed=True),
    Column("category", "Category", "category", css="mid"),
    Column("vendor", "Vendor", "vendor", css="low"),
    Column("ids", "IDs", css="rare"),
    Column("serial", "Serial number", css="low"),
    Column("device", "Device"),
    Column("state", "State"),
    Column("changed", "Since", "changed"),
    Column("first", "First seen", "first", css="rare"),
)
EVENT_SORTS = {"time": "time"}
EVENT_COLUMNS = (
    Column("time", "Time", "time", fixed=True),
    Column("event", "What happened", fixed=True),
    Column("name", "Asset", fixed=True),
    Column("category", "Category", css="low"),
    Column("serial", "Serial number", css="rare"),
    Column("device", "Device"),
)
HEAD = (
    "id",
    "name",
    "category",
    "vendor",
    "bus",
    "vendor_id",
    "product_id",
    "serial_number",
    "connected",
    "device",
    "unit_id",
    "port",
    "since",
    "first_seen",
    "came_from",
    "moved_at",
)
EVENT_HEAD = (
    "time",
    "event",
    "asset",
    "name",
    "category",
    "vendor_id",
    "product_id",
    "serial_number",
    "device",
    "unit_id",
)
SHOWN = {"moved": selectors.moved, "vanished": selectors.vanished, "duplicates": selectors.duplicates}
EMPTY = {
    "moved": (
        "Nothing has moved",
        "Assets that came from another device appear here: where they were, and since when they are where they are.",
    ),
    "vanished": (
        "Nothing is missing",
        "Assets that are plugged in nowhere appear here: where they were last, and since when they are gone.",
    ),
    "duplicates": (
        "No serial number twice",
        "Assets that are at several places at once appear here: several things say the same serial number.",
    ),
}


@require_safe
@tracked
def asset_list(request: HttpRequest) -> HttpResponse:
    """All assets at devices that one may read, or those of one view."""
    shown = request.GET.get("shown", "") if request.GET.get("shown", "") in SHOWN else ""
    bar, assets = _assets(request.GET, request.user)
    sorting = Sorting(request.GET, SORTS, "-changed" if shown else "name")
    page = listing(assets, request.GET, sorting.order)
    places = selectors.places_now(assets=page.items) if shown == "duplicates" else {}
    origins = _origins(page.items, request.user) if shown == "moved" else {}
    context = {
        **bar.context(request, placeholder="Filter assets", keep=["sort", "shown"]),
        "shown": shown or "all",
        "empty": EMPTY.get(shown),
        "page": page,
        "rows": [
            (row, LABELS[Category(row.category)], places.get(row.pk, []), origins.get(row.previous_unit_id))
            for row in page.items
        ],
        "columns": sorting.columns(COLUMNS),
        "csv_url": reverse("assets:asset_export") + address(request.GET),
        "rule_url": _rule_url(bar),
        "may_rule": may_somewhere(request.user, Action.WRITE) or may(request.user, Action.ADMINISTER),
        "breadcrumbs": [(TITLE, "")],
    }
    return render(request, "assets/list.html", context, status=422 if bar.error else 200)


def _assets(query: QueryDict, user: Any) -> tuple[FilterBar, QuerySet[Asset]]:
    """What an address means."""
    bar = FilterBar(query, FIELDS)
    assets = selectors.asset_list(user=user)
    if view := SHOWN.get(query.get("shown", "")):
        assets = view(assets)
    return bar, Asset.objects.none() if bar.error else apply_criteria(assets, bar.criteria)


def _origins(assets: list[Asset], user: Any) -> dict[str, Device]:
    """The devices that assets came from, by unit ID, as far as `user` may read them."""
    rows = Device.objects.filter(unit_id__in={row.previous_unit_id for row in assets})
    return {row.unit_id: row for row in restrict(rows, user, Action.READ)}


def _rule_url(bar: FilterBar) -> str:
    """The dialog of a new rule about what the filter shows."""
    told = " ".join(map(str, (term for term in bar.criteria.terms if term.field in RULE_FIELDS)))
    return f"{reverse('assets:rule_create')}?{urlencode({'filter': told})}"


@require_safe
@tracked
def asset_export(request: HttpRequest) -> HttpResponseBase:
    """All assets that the filter means, as CSV."""
    _, assets = _assets(request.GET, request.user)
    return csv_answer(request, "assets.csv", HEAD, (_line(row) for row in stream(assets, "name")))


def _line(row: Asset) -> tuple[object, ...]:
    return (
        row.pk,
        row.name,
        LABELS[Category(row.category)],
        row.vendor,
        row.bus,
        row.vendor_id,
        row.product_id,
        row.serial_number,
        "yes" if row.present else "no",
        row.device.name if row.device else "",
        row.unit_id,
        row.port,
        row.changed_at.isoformat(timespec="seconds"),
        row.first_seen.isoformat(timespec="seconds"),
        row.previous_unit_id,
        row.moved_at.isoformat(timespec="seconds") if row.moved_at else "",
    )


@require_safe
@tracked
def event_list(request: HttpRequest) -> HttpResponse:
    """What happened to assets at devices that one may read, newest first."""
    bar, events = _events(request.GET, request.user)
    context = {
        **bar.context(request, placeholder="Filter the history", keep=["sort"]),
        **history(request, events),
        "shown": "history",
        "csv_url": reverse("assets:event_export") + address(request.GET),
        "breadcrumbs": [(TITLE, reverse("assets:asset_list")), ("History", "")],
    }
    return render(request, "assets/history.html", context, status=422 if bar.error else 200)


def history(request: HttpRequest, events: QuerySet[AssetEvent], *without: str) -> dict[str, Any]:
    """Context of assets/_history.html; `without`: keys of columns that say the same in each row."""
    sorting = Sorting(request.GET, EVENT_SORTS, "-time")
    page = listing(events, request.GET, sorting.order)
    columns = [column for column in EVENT_COLUMNS if column.key not in without]
    return {
        "page": page,
        "events": [(row, LABELS[Category(row.asset.category)]) for row in page.items],
        "columns": sorting.columns(columns),
        "named": {column.key for column in columns},
    }


def _events(query: QueryDict, user: Any) -> tuple[FilterBar, QuerySet[AssetEvent]]:
    bar = FilterBar(query, EVENT_FIELDS)
    events = selectors.asset_event_list(user=user)
    return bar, AssetEvent.objects.none() if bar.error else apply_event_criteria(events, bar.criteria)


@require_safe
@tracked
def event_export(request: HttpRequest) -> HttpResponseBase:
    """All of the history that the filter means, as CSV, newest first."""
    _, events = _events(request.GET, request.user)
    return csv_answer(request, "asset-history.csv", EVENT_HEAD, _event_lines(events))


def _event_lines(events: QuerySet[AssetEvent]) -> Iterator[tuple[object, ...]]:
    for row in stream(events, "time", descending=True):
        yield (
            row.time.isoformat(timespec="seconds"),
            row.kind,
            row.asset_id,
            row.asset.name,
            LABELS[Category(row.asset.category)],
            row.asset.vendor_id,
            row.asset.product_id,
            row.asset.serial_number,
            row.device.name if row.device else "",
            row.unit_id,
        )
