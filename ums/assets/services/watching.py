"""Rules at work: what devices report becomes notices where a rule wants it.

1. A peripheral that is not allowed is told of in the transaction that stores its event. While the notice is open, the
   same thing at the same device only counts; once it is settled, the next time is a new notice.
2. Whether an asset has disappeared only time can tell: `assets_watch` looks each minute for those that were removed
   and have been nowhere since for as long as the rule says. Each disappearance is told once.
3. Nothing is told while the feature is off or not licensed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.db import transaction
from django.urls import reverse

from ha.clock import shared_now
from ums.assets.criteria import RULE_FIELDS, apply_criteria, criteria_of
from ums.assets.models import Asset, AssetEvent
from ums.assets.rule_models import AssetRule
from ums.assets.selectors import vanished
from ums.core.access import subtree
from ums.core.errors import AppError
from ums.devices.models import Device
from ums.domain.licences import ASSET_INVENTORY
from ums.domain.peripherals import Category, Change
from ums.features.selectors import is_enabled, lacking
from ums.notices.models import Notice
from ums.notices.services import Noticed, notices_post

if TYPE_CHECKING:
    from collections.abc import Sequence

log = structlog.get_logger("ums.assets")

ADDS = [one.value for one in Change if one.adds]
REMOVES = [one.value for one in Change if not one.adds]

AT_ONCE = 500
"""Disappearances that one rule tells of in one pass."""

OVERLAP = timedelta(minutes=10)
"""Events of transactions that took long are looked at again; no disappearance is told twice."""


def _works() -> bool:
    return is_enabled(ASSET_INVENTORY) and not lacking(ASSET_INVENTORY)


def additions_watch(*, events: Sequence[AssetEvent]) -> list[str]:
    """Post a notice for each asset that was plugged in and that a rule does not allow; returns the keys of new ones.

    Four queries without such rules; two more for each.
    """
    pairs = {(event.asset_id, event.device_id) for event in events if event.device_id and event.kind in ADDS}
    rules = list(AssetRule.objects.filter(enabled=True, kind=AssetRule.Kind.NOT_ALLOWED)) if pairs else []
    if not rules or not _works():
        return []
    devices = Device.objects.in_bulk({device for _, device in pairs})
    noticed = []
    for rule in rules:
        fitting = _fitting(rule, {asset for asset, _ in pairs})
        within = _within(rule, devices)
        noticed += [
            _not_allowed(rule, fitting[asset], devices[device])
            for asset, device in sorted(pairs)
            if asset in fitting and device in within
        ]
    return notices_post(noticed=noticed)


def assets_watch() -> int:
    """Post notices for the assets that have disappeared, by each rule that asks for it; returns how many are new."""
    if not _works():
        return 0
    found = 0
    for pk in AssetRule.objects.filter(enabled=True, kind=AssetRule.Kind.VANISHED).order_by("pk").values_list("pk"):
        found += _disappeared(pk[0])
    return found


@transaction.atomic
def _disappeared(pk: int) -> int:
    """One rule; another worker that is at it already does it alone."""
    rule = AssetRule.objects.select_for_update(skip_locked=True).filter(pk=pk, enabled=True).first()
    if rule is None:
        return 0
    until = shared_now() - timedelta(minutes=rule.minutes)
    since = rule.judged_to - OVERLAP if rule.judged_to else rule.counts_from
    removed = AssetEvent.objects.filter(kind__in=REMOVES, received_at__gt=since, received_at__lte=until)
    removed = removed.filter(received_at__gte=rule.counts_from, device__isnull=False).select_related("device")
    events = list(removed.order_by("received_at", "pk")[:AT_ONCE])
    fitting = _fitting(rule, {event.asset_id for event in events})
    gone = set(
        vanished(Asset.objects.filter(pk__in=fitting), before=until + timedelta(microseconds=1)).values_list(
            "pk", flat=True
        )
    )
    devices = {event.device.pk: event.device for event in events if event.device}
    within = _within(rule, devices)
    latest = {event.asset_id: event for event in events if event.device_id in within and event.asset_id in gone}
    made = notices_post(noticed=[_gone(rule, fitting[pk], event) for pk, event in latest.items()])
    rule.judged_to = events[-1].received_at if len(events) == AT_ONCE else max(until, rule.counts_from)
    rule.save(update_fields=["judged_to"])
    return len(made)


def _fitting(rule: AssetRule, assets: set[int]) -> dict[int, Asset]:
    try:
        criteria = criteria_of(rule.filter, RULE_FIELDS)
    except AppError as error:
        # A filter of an older version must not keep devices from reporting.
        log.warning("asset_rule_unreadable", rule=rule.pk, error=error.message)
        return {}
    return {row.pk: row for row in apply_criteria(Asset.objects.filter(pk__in=assets), criteria).order_by()}


def _within(rule: AssetRule, devices: dict[int, Device]) -> set[int]:
    """Those of the devices that the rule is about."""
    if rule.directory_id is None:
        return set(devices)
    rows = Device.objects.filter(pk__in=devices, directory__in=subtree([rule.directory_id])).order_by()
    return set(rows.values_list("pk", flat=True))


def _not_allowed(rule: AssetRule, asset: Asset, device: Device) -> Noticed:
    return Noticed(
        key=f"asset-rule:{rule.pk}:{asset.pk}:{device.pk}",
        kind="asset.not_allowed",
        level=Notice.Level(rule.level),
        title=f"{asset.name} at {device.name} is not allowed",
        detail=f"{_described(asset)}. Rule “{rule.name}”.",
        device=device,
        path=reverse("assets:asset_detail", args=[asset.pk]),
    )


def _gone(rule: AssetRule, asset: Asset, event: AssetEvent) -> Noticed:
    assert event.device is not None
    return Noticed(
        key=f"asset-gone:{rule.pk}:{asset.pk}:{asset.changed_at.timestamp():.6f}",
        kind="asset.vanished",
        level=Notice.Level(rule.level),
        title=f"{asset.name} has disappeared from {event.device.name}",
        detail=f"{_described(asset)}. Gone since {asset.changed_at:%Y-%m-%d %H:%M} UTC. Rule “{rule.name}”.",
        device=event.device,
        path=reverse("assets:asset_detail", args=[asset.pk]),
        once=True,
    )


def _described(asset: Asset) -> str:
    ids = f"{asset.vendor_id}:{asset.product_id}".strip(":")
    serial = f"serial number {asset.serial_number}" if asset.serial_number else ""
    return ", ".join(filter(None, (Category(asset.category).label, ids, serial)))
