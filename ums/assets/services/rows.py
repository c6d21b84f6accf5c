"""The rows of what devices told: assets, their categories, where they are, and what happened.

1. Assets are locked in the order of their keys, and those that are new made in that of their identities, so that two
   servers that write about the same ones wait for each other.
2. A thing is where it is plugged in. Where else it is said to be, at a device that is not connected, it is no more.
   At two connected devices at once it stays: then several things have the same serial number, or the device that it
   was taken from has not told yet.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from django.db.models import Model

from ums.assets.happened import tell
from ums.assets.models import Asset, AssetCategory, AssetEvent, AssetReports, Stay

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from django.db.models import Manager

    from ums.assets.facts import Facts
    from ums.domain.peripherals import Change

M = TypeVar("M", bound=Model)

FACTS = ["name", "vendor", "category", "details"]
PLACE = ["device", "unit_id", "port", "places", "changed_at", "moved_at", "previous_unit_id"]


@dataclass(slots=True)
class Place:
    """A stay as it becomes. pk, asset_id: of the row, None when the stay begins here."""

    identity: str
    device_id: int
    unit_id: str
    port: str
    since: datetime
    until: datetime | None = None
    pk: int | None = None
    asset_id: int | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """An event as it becomes."""

    identity: str
    device_id: int
    unit_id: str
    port: str
    change: Change
    time: datetime


@dataclass(slots=True)
class Told:
    """What devices told, laid on what was known of them.

    units: of the devices. open: where things are at them, by identity and port. ended: where they were until now.
    facts: of all that was named, by identity. heard: devices whose row of `reports` changes.
    """

    now: datetime
    units: dict[int, str]
    reports: dict[int, AssetReports]
    open: dict[int, dict[tuple[str, str], Place]] = field(default_factory=lambda: defaultdict(dict))
    ended: list[Place] = field(default_factory=list)
    facts: dict[str, Facts] = field(default_factory=dict)
    happenings: list[Happening] = field(default_factory=list)
    heard: set[int] = field(default_factory=set)

    def keep(self, place: Place) -> None:
        """A thing is there."""
        self.open[place.device_id][place.identity, place.port] = place

    def end(self, place: Place, time: datetime) -> None:
        """It is there no more."""
        place.until = max(time, place.since)
        self.ended.append(self.open[place.device_id].pop((place.identity, place.port)))

    @property
    def still_open(self) -> Iterable[Place]:
        """All that is at the devices now."""
        return (place for places in self.open.values() for place in places.values())


def rows_write(told: Told) -> None:
    """Write what changed, and let those know who want to."""
    assets, changed = _assets(told)
    elsewhere = _elsewhere(told, assets)
    here, gone = _by_identity(told.still_open), _by_identity(told.ended)
    for identity, asset in assets.items():
        if _settle(asset, here.get(identity, []), elsewhere.get(identity, []), gone.get(identity, [])):
            changed.add(identity)
    _upsert([assets[identity] for identity in sorted(changed)], "identity", [*FACTS, *PLACE])
    places = [*told.still_open, *told.ended, *(place for stays in elsewhere.values() for place in stays)]
    Stay.objects.bulk_create(_stay(place, assets) for place in places if place.pk is None)
    _upsert([_stay(place, assets) for place in places if place.pk and place.until], "id", ["until"])
    _upsert([told.reports[pk] for pk in sorted(told.heard)], "device", ["journal", "sequence", "told_at"])
    events = [
        AssetEvent(
            asset=assets[one.identity],
            device_id=one.device_id,
            unit_id=one.unit_id,
            kind=one.change.value,
            time=one.time,
            received_at=told.now,
        )
        for one in told.happenings
    ]
    if events:
        tell(AssetEvent.objects.bulk_create(events))


def _assets(told: Told) -> tuple[dict[str, Asset], set[str]]:
    """The assets that were named, by identity, locked, with their facts; and those of which the facts are news."""
    first = {one.identity: one for one in reversed(told.happenings)}
    concerned = sorted(told.facts.keys() | first.keys())
    if not concerned:
        return {}, set()
    assets = _locked(concerned)
    fresh = [_fresh(told.facts[identity], first[identity]) for identity in concerned if identity not in assets]
    if fresh:
        Asset.objects.bulk_create(fresh, ignore_conflicts=True)
        assets |= _locked([one.identity for one in fresh])
    changed = {identity for identity, found in told.facts.items() if found.changes(assets[identity])}
    _sort({assets[identity].pk: told.facts[identity] for identity in {*changed, *(one.identity for one in fresh)}})
    return assets, changed


def _locked(identities: list[str]) -> dict[str, Asset]:
    rows = Asset.objects.filter(identity__in=identities).order_by("pk").select_for_update(no_key=True)
    return {row.identity: row for row in rows}


def _fresh(found: Facts, first: Happening) -> Asset:
    return Asset(
        identity=found.identity,
        bus=found.bus,
        vendor_id=found.vendor_id,
        product_id=found.product_id,
        serial_number=found.serial_number,
        name=found.name,
        vendor=found.vendor,
        category=found.categories[0].value,
        details=found.details,
        device_id=first.device_id,
        unit_id=first.unit_id,
        port=first.port,
        first_seen=first.time,
        changed_at=first.time,
    )


def _sort(named: dict[int, Facts]) -> None:
    """Assets into their categories, the foremost first: the order of the rows is that of their keys."""
    if not named:
        return
    there: dict[int, list[int]] = defaultdict(list)
    for pk, category in AssetCategory.objects.filter(asset__in=named).order_by("pk").values_list("asset", "category"):
        there[pk].append(category)
    wanted = {pk: [category.value for category in found.categories] for pk, found in named.items()}
    other = {pk: values for pk, values in wanted.items() if values != there.get(pk)}
    if stale := [pk for pk in other if pk in there]:
        AssetCategory.objects.filter(asset__in=stale).delete()
    AssetCategory.objects.bulk_create(
        AssetCategory(asset_id=pk, category=value) for pk, values in other.items() for value in values
    )


def _elsewhere(told: Told, assets: dict[str, Asset]) -> dict[str, list[Place]]:
    """Where else the assets are said to be, by identity; at devices that are not connected they are no more."""
    here = {place.identity: place.since for place in sorted(told.still_open, key=lambda place: place.since)}
    identities = {asset.pk: identity for identity, asset in assets.items()}
    stays = Stay.objects.filter(asset__in=identities, until=None, device__isnull=False)
    found: dict[str, list[Place]] = defaultdict(list)
    for pk, asset, device_id, unit_id, port, since, connected in stays.order_by("pk").values_list(
        "pk", "asset", "device", "unit_id", "port", "since", "device__presence__connected"
    ):
        if device_id in told.units:
            continue
        identity = identities[asset]
        place = Place(identity, device_id, unit_id, port, since, pk=pk, asset_id=asset)
        if identity in here and not connected:
            place.until = max(here[identity], since)
        found[identity].append(place)
    return found


def _by_identity(places: Iterable[Place]) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        found[place.identity].append(place)
    return found


def _settle(asset: Asset, here: list[Place], elsewhere: list[Place], gone: list[Place]) -> bool:
    """Where the asset is after all of it; whether anything about that changed."""
    before = _state(asset)
    at = [*here, *(place for place in elsewhere if place.until is None)]
    if at:
        # While it is at several devices it stays the one's where it was first.
        same = [place for place in at if place.unit_id == asset.unit_id]
        _put(asset, max(same or at, key=_since), fresh=not asset.places)
    elif gone:
        last = max(gone, key=lambda place: place.until or place.since)
        _put(asset, last, fresh=True)
        asset.changed_at = last.until or last.since
    asset.places = len(at)
    return _state(asset) != before


def _put(asset: Asset, place: Place, *, fresh: bool) -> None:
    """It is, or was last, at `place`. fresh: since then."""
    if asset.unit_id != place.unit_id:
        asset.previous_unit_id, asset.moved_at = asset.unit_id, place.since
    if fresh or asset.unit_id != place.unit_id:
        asset.changed_at = place.since
    asset.device_id, asset.unit_id, asset.port = place.device_id, place.unit_id, place.port


def _since(place: Place) -> datetime:
    return place.since


def _state(asset: Asset) -> tuple[object, ...]:
    return (asset.device_id, asset.unit_id, asset.port, asset.places, asset.changed_at, asset.moved_at)


def _stay(place: Place, assets: dict[str, Asset]) -> Stay:
    return Stay(
        pk=place.pk,
        asset_id=place.asset_id or assets[place.identity].pk,
        device_id=place.device_id,
        unit_id=place.unit_id,
        port=place.port,
        since=place.since,
        until=place.until,
    )


def _upsert(rows: Sequence[M], unique: str, written: list[str]) -> None:
    """Write columns of rows that are there (or, of reports, perhaps not yet) in one statement."""
    if rows:
        manager: Manager[M] = type(rows[0])._default_manager
        manager.bulk_create(rows, update_conflicts=True, unique_fields=[unique], update_fields=written)
