"""Peripherals and what happened to them, where the Asset Inventory Tracker is licensed. Ids are numbers here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ums.assets.selectors import (
    asset_event_list,
    asset_list,
    assets_for_device,
    details_of,
    history_for_asset,
    history_for_device,
)
from ums.connector.unit_ids import UNIT_ID
from ums.devices.selectors import device_list
from ums.domain.licences import ASSET_INVENTORY
from ums.domain.peripherals import Category
from ums.features.selectors import check_available
from ums.imi.answers import in_parts
from ums.imi.devices import found
from ums.imi.errors import ImiError
from ums.imi.merging import rows_of
from ums.imi.routing import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet
    from django.http import StreamingHttpResponse

    from ums.assets.models import Asset, AssetEvent
    from ums.imi.calls import Call

NOWHERE = -1
"""The device of an asset that is not plugged in."""


def asset_infos(call: Call) -> dict[str, Any]:
    """All assets."""
    check_available(ASSET_INVENTORY)
    return _infos(asset_list(user=call.user).order_by("pk"))


def asset_info(call: Call, pk: int) -> dict[str, Any]:
    """One asset."""
    return _infos([_asset(call, pk)])


def infos_of_device(call: Call, pk: int) -> dict[str, Any]:
    """What is plugged in at a device."""
    check_available(ASSET_INVENTORY)
    device = found(call, pk)
    return _infos(assets_for_device(device=device).order_by("pk"), at=pk)


def histories(call: Call) -> StreamingHttpResponse:
    """All that happened."""
    check_available(ASSET_INVENTORY)
    return _histories(call, asset_event_list(user=call.user))


def history(call: Call, pk: int) -> StreamingHttpResponse:
    """What happened to one asset."""
    return _histories(call, history_for_asset(user=call.user, asset=_asset(call, pk)))


def history_of_device(call: Call, unit_id: str) -> StreamingHttpResponse:
    """What happened at a device, which is named by its unit ID and may have been deleted."""
    check_available(ASSET_INVENTORY)
    missing = ImiError("0A001", f"Thin client with unit ID <{unit_id[:64]}> not found.")
    if not UNIT_ID.fullmatch(unit_id):
        raise missing
    rows = history_for_device(user=call.user, unit_id=unit_id)
    if not rows.exists() and not device_list(user=call.user).filter(unit_id=unit_id).exists():
        raise missing
    return _histories(call, rows)


def _asset(call: Call, pk: int) -> Asset:
    check_available(ASSET_INVENTORY)
    row = asset_list(user=call.user).filter(pk=pk).first()
    if row is None:
        raise ImiError("0A001", f"Asset with ID <{pk}> not found.")
    return row


def _infos(rows: Iterable[Asset], at: int | None = None) -> dict[str, Any]:
    """`at`: the device that was asked about; one of several places of an asset, when things share a serial number."""
    return {"assetinfos": [_info(row, at) for row in rows], "links": []}


def _info(row: Asset, at: int | None) -> dict[str, Any]:
    categories = [
        {"categoryId": one.category, "categoryName": Category(one.category).label} for one in row.categories.all()
    ]
    details = [
        {"attrId": detail.number, "detailKey": detail.key, "detailValue": detail.value, "detailType": "string"}
        for detail in details_of(row)
    ]
    return {
        "tcId": at or (row.device_id if row.present else NOWHERE),
        "assetId": row.pk,
        "assetName": row.name,
        "assetVendor": row.vendor,
        "deviceId": row.product_id,
        "uniqueId": row.identity,
        "connector": row.bus,
        "categoryList": {"categoryList": categories},
        "detailList": {"detailList": details},
    }


def _histories(call: Call, rows: QuerySet[AssetEvent]) -> StreamingHttpResponse:
    """Oldest first: what comes later is appended."""
    found = rows_of(rows.select_related(None).order_by("pk"), "pk", "unit_id", "asset_id", "time", "kind")
    return in_parts(call.request, map(_event, found), b'{"assethistories":', b',"links":[]}')


def _event(row: tuple[Any, ...]) -> dict[str, Any]:
    pk, unit_id, asset, time, kind = row
    return {
        "historyId": pk,
        "unitId": unit_id,
        "assetId": asset,
        "eventTimeStamp": int(time.timestamp() * 1000),
        "event": {"identifier": kind},
    }


ENDPOINTS = (
    Endpoint("GET", "assetinfo", asset_infos),
    Endpoint("GET", "assetinfo/assets/{id}", asset_info),
    Endpoint("GET", "assetinfo/thinclients/{id}", infos_of_device),
    Endpoint("GET", "assethistory", histories),
    Endpoint("GET", "assethistory/assets/{id}", history),
    Endpoint("GET", "assethistory/thinclients/<unit>", history_of_device),
)
