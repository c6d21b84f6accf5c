"""Reading assets: what there is, where it is and was, and what happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q

from ums.assets.models import Asset, AssetEvent, AssetRule, AssetSettings, Stay
from ums.core.access import Action, restrict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from ums.devices.models import Device

PRESENT = Q(places__gt=0, device__isnull=False)
"""Assets that are plugged in somewhere."""


def asset_list(*, user: Any, action: str = Action.READ) -> QuerySet[Asset]:
    """The assets that are, or were last, at devices with which `user` may do `action`; with device and categories.

    Two queries for a page of any length. Who may see everything sees those of deleted devices as well.
    """
    return restrict(Asset.objects.all(), user, action).select_related("device").prefetch_related("categories")


def assets_for_device(*, device: Device) -> QuerySet[Asset]:
    """What is plugged in at a device at this moment, by name; the caller has checked the device."""
    here = Stay.objects.filter(device=device, until=None).order_by().values("asset")
    return Asset.objects.filter(pk__in=here).select_related("device").prefetch_related("categories")


def stays_for_asset(*, user: Any, asset: Asset) -> QuerySet[Stay]:
    """Where an asset is and was, the latest first, as far as `user` may read those devices."""
    return restrict(Stay.objects.filter(asset=asset), user, Action.READ).select_related("device")


def stays_for_device(*, device: Device) -> QuerySet[Stay]:
    """What is and was at a device, the latest first; the caller has checked the device."""
    return Stay.objects.filter(device=device).select_related("asset")


def asset_event_list(*, user: Any) -> QuerySet[AssetEvent]:
    """All that happened, the latest first, at devices that `user` may read."""
    return restrict(AssetEvent.objects.all(), user, Action.READ).select_related("asset", "device")


def history_for_asset(*, user: Any, asset: Asset) -> QuerySet[AssetEvent]:
    """What happened to an asset, the latest first, at devices that `user` may read."""
    return asset_event_list(user=user).filter(asset=asset)


def history_for_device(*, user: Any, unit_id: str) -> QuerySet[AssetEvent]:
    """What happened at a device, the latest first, by the unit ID of a device that may have been deleted."""
    return asset_event_list(user=user).filter(unit_id=unit_id)


def moved(assets: QuerySet[Asset], *, after: datetime | None = None) -> QuerySet[Asset]:
    """Those of the assets that came from another device, since `after` if given."""
    when = Q(moved_at__gte=after) if after else Q(moved_at__isnull=False)
    return assets.filter(when)


def vanished(assets: QuerySet[Asset], *, before: datetime | None = None) -> QuerySet[Asset]:
    """Those of the assets that are plugged in nowhere, since before `before` if given."""
    gone = assets.filter(Q(places=0) | Q(device__isnull=True))
    return gone.filter(changed_at__lt=before) if before else gone


def duplicates(assets: QuerySet[Asset]) -> QuerySet[Asset]:
    """Those of the assets that are at several places at once: several things have the same serial number."""
    return assets.filter(places__gt=1)


def places_now(*, assets: Sequence[Asset]) -> dict[int, list[Stay]]:
    """All places where assets are at this moment, by asset, the latest first: one query."""
    found: dict[int, list[Stay]] = {}
    open_ones = Stay.objects.filter(asset__in=assets, until=None, device__isnull=False).select_related("device")
    for stay in open_ones.order_by(F("since").desc(), "-pk"):
        found.setdefault(stay.asset_id, []).append(stay)
    return found


@dataclass(frozen=True, slots=True)
class Detail:
    """A fact about an asset. number: that of the API, the same for the same key on every server of ours."""

    number: int
    key: str
    value: str


KEYS = (
    "maxPower",
    "speed",
    "custom_productName",
    "custom_vendorName",
    "revision",
    "address",
    "driver",
    "resolution",
    "size",
    "made",
    "diagonal",
)
"""What devices tell; others come after these, in the order of the alphabet."""


def details_of(asset: Asset) -> list[Detail]:
    """The details of an asset in their order."""
    known = {key: number for number, key in enumerate(KEYS, 1)}
    pairs = sorted(asset.details.items(), key=lambda pair: (known.get(pair[0], len(KEYS) + 1), pair[0]))
    others = iter(range(len(KEYS) + 1, len(KEYS) + 1 + len(pairs)))
    return [Detail(known.get(key) or next(others), key, str(value)) for key, value in pairs]


def asset_settings() -> AssetSettings:
    """What holds for all assets; as it is at first while nobody changed it."""
    return AssetSettings.objects.first() or AssetSettings()


def asset_rule_list(*, user: Any) -> QuerySet[AssetRule]:
    """Rules of directories that `user` may read; those of all devices for who may read all."""
    return restrict(AssetRule.objects.select_related("directory"), user, Action.READ)
