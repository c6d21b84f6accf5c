"""Devices as IMI shows them, with the facets that are asked for.

1. The number of queries depends on the facets and not on the devices: one, and one for each table beside it.
2. `online` says what the server knows of the connection; no device is asked.
3. `shadow` is empty: this server shadows no devices, so there is no secret to give.
4. `deviceattributes` is empty: this server has no attributes to define.
5. The address of the device's own adapter is its unit ID, as agents choose it; else the first adapter's counts.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef
from django.utils import timezone

from swp.history import login_list
from ums.assets.models import Stay
from ums.connector.models import Certificate
from ums.devices.models import NetworkAdapter
from ums.devices.selectors import status_expression
from ums.domain.peripherals import Bus
from ums.domain.presence import Status
from ums.imi.device_details import COLUMNS, details, moment
from ums.imi.merging import Following, rows_of
from ums.imi.trees import DEVICES
from ums.profiles.firmware import Firmwares
from ums.profiles.selectors import catalogue_list

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from django.db.models import QuerySet

    from ums.devices.models import Device

BASE = ("pk", "unit_id", "name", "directory_id", "firmware", "firmware_version", "ip_address")
SHADOW = {"shadowSecret": {"certificate": "", "password": ""}}
CONNECTED = frozenset({Status.ONLINE.value, Status.LATE.value})
_MAC = re.compile(r"[0-9A-Fa-f]{12}")


def shown(*, user: Any, devices: QuerySet[Device], facets: Collection[str] = ()) -> Iterator[dict[str, Any]]:
    """The objects of `devices`, by id. The caller has restricted them to what `user` may read."""
    devices = devices.order_by()
    beside = {name: Following(query(user, devices.values("pk"))) for name, query in BESIDE.items() if name in facets}
    adapters = Following(_adapters(user, devices.values("pk")))
    firmware, root = _firmware_ids(user), DEVICES.root_key()
    columns = [*BASE]
    if "details" in facets:
        devices = devices.annotate(certified=_certified())
        columns += COLUMNS
    if "online" in facets:
        devices = devices.annotate(status=status_expression())
        columns.append("status")
    for row in rows_of(devices.order_by("pk"), *columns):
        pk, unit_id, name, directory, product, version, address = row[:7]
        own = adapters.of(pk)
        item = {
            "unitID": unit_id,
            "mac": _mac(unit_id, own),
            "firmwareID": firmware(product, version),
            "lastIP": address,
            "batteryLevel": 0,
            "id": str(pk),
            "name": name,
            "parentID": "-1" if directory == root else str(directory),
            "movedToBin": False,
            "objectType": "tc",
            "links": [],
        }
        if "details" in facets:
            item |= details(row[7 : 7 + len(COLUMNS)], beside["details"].of(pk))
        if "online" in facets:
            item["online"] = row[-1] in CONNECTED
        if "shadow" in facets:
            item |= SHADOW
        if "networkadapters" in facets:
            item["networkAdapters"] = [_adapter(one) for one in own]
            del item["batteryLevel"]
        if "networkadapters" in facets or "deviceattributes" in facets:
            item["deviceAttributes"] = []
        if "loginhistory" in facets:
            item["userLoginHistory"] = [_login(one) for one in beside["loginhistory"].of(pk)]
        yield item


def plain_mac(text: str) -> str:
    """A MAC address as IMI writes it: 12 digits, upper case."""
    return text.replace(":", "").replace("-", "").upper()


def _mac(unit_id: str, adapters: list[tuple[Any, ...]]) -> str:
    if _MAC.fullmatch(unit_id):
        return unit_id.upper()
    return next((plain_mac(mac) for _, mac, *_ in adapters if mac), "")


def _adapters(user: Any, ids: QuerySet[Any]) -> Iterator[tuple[Any, ...]]:
    rows = NetworkAdapter.objects.filter(device__in=ids).order_by("device_id", "name", "pk")
    return rows_of(rows, "device_id", "mac", "name", "addresses")


def _monitors(user: Any, ids: QuerySet[Any]) -> Iterator[tuple[Any, ...]]:
    here = Stay.objects.filter(device__in=ids, until=None, asset__bus=Bus.MONITOR.value)
    rows = here.order_by("device_id", "port", "pk")
    return rows_of(rows, "device_id", "asset__vendor", "asset__name", "asset__serial_number", "asset__details")


def _logins(user: Any, ids: QuerySet[Any]) -> Iterator[tuple[Any, ...]]:
    rows = login_list(user=user).filter(device__in=ids, settled=True).order_by("device_id", "-login_at", "-pk")
    return rows_of(rows, "device_id", "user_name", "outcome", "login_at", "logoff_at", "kind")


BESIDE: dict[str, Callable[[Any, QuerySet[Any]], Iterator[tuple[Any, ...]]]] = {
    "details": _monitors,
    "loginhistory": _logins,
}
"""Which table a facet needs beside that of devices."""


def _adapter(row: tuple[Any, ...]) -> dict[str, str]:
    _, mac, name, addresses = row
    kind = "wlan" if name.startswith("wl") else "lan"
    return {"type": kind, "mac": plain_mac(mac), "name": name, "state": "up" if addresses else "down"}


def _login(row: tuple[Any, ...]) -> dict[str, Any]:
    _, name, outcome, login_at, logoff_at, kind = row
    return {
        "username": name,
        "loginresult": outcome,
        "logintime": moment(login_at),
        "logofftime": moment(logoff_at),
        "logontype": kind,
    }


def _certified() -> Exists:
    valid = Certificate.objects.filter(revoked_at=None, not_after__gt=timezone.now())
    return Exists(valid.filter(device=OuterRef("pk")).order_by())


def _firmware_ids(user: Any) -> Callable[[str, str], str]:
    """The number of the catalogue that a firmware has, as `/firmwares` lists them; 0 for none."""
    firmwares = Firmwares(catalogue_list(user=user).defer("definition"))

    @cache
    def number(name: str, version: str) -> str:
        found = firmwares.catalogue_of(name, version) if name else None
        return str(found.pk) if found else "0"

    return number
