"""What the filter bars of assets and of their history offer, and what it means; rules use a part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from ums.assets.models import BUSES, CHANGES, AssetCategory
from ums.assets.selectors import PRESENT
from ums.core.access import subtree
from ums.core.errors import AppError
from ums.core.filters import like
from ums.devices.models import Directory, DirectoryKind
from ums.domain.criteria import Criteria, CriteriaError, Field, Kind, Pattern, Span, Term, parse
from ums.domain.peripherals import LABELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.db.models import QuerySet

    from ums.assets.models import Asset, AssetEvent

CATEGORIES = tuple((category.name.lower().replace("_", "-"), label) for category, label in LABELS.items())
"""Categories as they stand in addresses and filters."""

_CATEGORY = {category.name.lower().replace("_", "-"): category for category in LABELS}
_YES_NO = (("yes", "Yes"), ("no", "No"))
_RECENT = (("<1h", "Last hour"), ("<24h", "Last 24 hours"), ("<7d", "Last 7 days"), (">30d", "Over 30 days ago"))

RULE_FIELDS = (
    Field("category", Kind.CHOICE, "What it is for", CATEGORIES),
    Field("bus", Kind.CHOICE, "How it is connected", tuple(BUSES)),
    Field("name", Kind.TEXT, "Name"),
    Field("vendor", Kind.TEXT, "Name or ID of the vendor"),
    Field("product", Kind.TEXT, "Product ID, as c077"),
    Field("serial", Kind.TEXT, "Serial number"),
)
"""What a thing is: the same wherever it is."""

FIELDS = (
    *RULE_FIELDS,
    Field("connected", Kind.FLAG, "Plugged in now", _YES_NO),
    Field("device", Kind.TEXT, "Name of the device where it is, or was last"),
    Field("unit-id", Kind.TEXT, "Unit ID of that device"),
    Field("directory", Kind.TEXT, "Directory of that device, and all below it"),
    Field("moved", Kind.FLAG, "It came from another device", _YES_NO),
    Field("duplicate", Kind.FLAG, "At several places at once", _YES_NO),
    Field("changed", Kind.MOMENT, "When it was plugged in or removed: <2h, 2027-01-31", _RECENT),
    Field("first-seen", Kind.MOMENT, "When it was seen first", _RECENT),
)
"""What the filter bar of assets offers."""

EVENT_FIELDS = (
    Field("event", Kind.CHOICE, "What happened", tuple(CHANGES)),
    *RULE_FIELDS,
    Field("device", Kind.TEXT, "Name of the device"),
    Field("unit-id", Kind.TEXT, "Unit ID of the device"),
    Field("directory", Kind.TEXT, "Directory of the device, and all below it"),
    Field("time", Kind.MOMENT, "When it happened: <2h, 2027-01-31", _RECENT[:3]),
)
"""What the filter bar of the history offers."""

_TEXTS = {"name": "name", "product": "product_id", "serial": "serial_number"}
_MOMENTS = {"changed": "changed_at", "first-seen": "first_seen"}


def criteria_of(text: str, fields: Iterable[Field], *, field: str = "filter") -> Criteria:
    """The text of a filter, read. Raises AppError `filter_invalid` that says what is wrong with it."""
    try:
        return parse(text, fields, timezone.now())
    except CriteriaError as error:
        raise AppError("filter_invalid", str(error), fields={field: [str(error)]}) from error


def apply_criteria(assets: QuerySet[Asset], criteria: Criteria) -> QuerySet[Asset]:
    """The assets that a filter means: terms of the same key widen, all else narrows."""
    found = _applied(assets, criteria, _of_asset)
    for word in criteria.words:
        found = found.filter(search__contains=word.lower())
    return found


def apply_event_criteria(events: QuerySet[AssetEvent], criteria: Criteria) -> QuerySet[AssetEvent]:
    """The events that a filter means."""
    found = _applied(events, criteria, _of_event)
    for word in criteria.words:
        words = Q(asset__search__contains=word.lower()) | Q(unit_id__icontains=word) | Q(device__name__icontains=word)
        found = found.filter(words)
    return found


def _applied(rows: QuerySet[Any], criteria: Criteria, condition: Callable[[Term], Q]) -> QuerySet[Any]:
    for (_, excluded), terms in criteria.by_key().items():
        wanted = Q()
        for term in terms:
            wanted |= condition(term)
        rows = rows.exclude(wanted) if excluded else rows.filter(wanted)
    return rows


def _of_asset(term: Term) -> Q:
    key, wanted = term.field.key, term.wanted
    if isinstance(wanted, Span):
        return _within(_MOMENTS[key], wanted)
    if key == "connected":
        return PRESENT if wanted else ~PRESENT
    if key == "moved":
        return Q(moved_at__isnull=not wanted)
    if key == "duplicate":
        return Q(places__gt=1) if wanted else Q(places__lte=1)
    return _thing(term, "") if key in _THING else _where(key, wanted)


def _of_event(term: Term) -> Q:
    key, wanted = term.field.key, term.wanted
    if isinstance(wanted, Span):
        return _within("time", wanted)
    if key == "event":
        return Q(kind=wanted)
    return _thing(term, "asset__") if key in _THING else _where(key, wanted)


_THING = {field.key for field in RULE_FIELDS}


def _thing(term: Term, prefix: str) -> Q:
    """What the asset itself is; `prefix` leads to it."""
    key, wanted = term.field.key, term.wanted
    if key == "category":
        rows = AssetCategory.objects.filter(asset=OuterRef(f"{prefix}pk"), category=_CATEGORY[str(wanted)].value)
        return Q(Exists(rows.order_by()))
    if not isinstance(wanted, Pattern):
        return Q(**{f"{prefix}bus": wanted})
    if key == "vendor":
        return like(f"{prefix}vendor", wanted) | like(f"{prefix}vendor_id", wanted)
    return like(f"{prefix}{_TEXTS[key]}", wanted)


def _where(key: str, wanted: Any) -> Q:
    if key == "directory":
        return _below(wanted)
    return like("unit_id" if key == "unit-id" else "device__name", wanted)


def _below(pattern: Pattern) -> Q:
    """At devices below each directory of this name, or with this id."""
    named, text = like("name", pattern), pattern.pieces[0]
    if len(pattern.pieces) == 1 and text.isascii() and text.isdecimal() and len(text) < 19:
        named |= Q(pk=int(text))
    roots = Directory.objects.filter(named, kind=DirectoryKind.DEVICE).values_list("pk", flat=True)
    return Q(device__directory__in=subtree(roots))


def _within(column: str, span: Span) -> Q:
    if span.never:
        return Q(pk__in=[])
    since = Q(**{f"{column}__gte": span.start}) if span.start is not None else Q()
    return since & (Q(**{f"{column}__lt": span.end}) if span.end is not None else Q())
