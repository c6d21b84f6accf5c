"""What `facets=details` adds to a device. What this server does not know is empty, 0, or -1 as clients expect it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

COLUMNS = (
    "network_name",
    "site",
    "department",
    "cost_centre",
    "comment",
    "asset_id",
    "in_service_date",
    "serial_number",
    "vendor",
    "product",
    "structure_tag",
    "cpu",
    "os_name",
    "os_version",
    "kernel",
    "storage_mb",
    "memory_mb",
    "bios",
    "presence__last_contact",
    "state__pending",
    "last_user",
    "registered_at",
    "certified",
)
"""Columns of a device that `details` takes, in its order."""

SCREENS = 2
"""Monitors that a device can tell of here."""
_BIOS_DATE = re.compile(r"\d\d/\d\d/\d{4}|\d{4}-\d\d-\d\d")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def details(row: Sequence[Any], monitors: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    """The fields, from COLUMNS of the device and (key, vendor, name, serial number, details) of its monitors."""
    (network_name, site, department, cost_centre, comment, asset_id, in_service, serial, vendor, product) = row[:10]
    (tag, cpu, os_name, os_version, kernel, storage, memory, bios, contact, pending, user, since, certified) = row[10:]
    bios_vendor, bios_version, bios_date = _bios(bios)
    found = {
        "networkName": network_name,
        "site": site,
        "department": department,
        "costCenter": cost_centre,
        "comment": comment,
        "assetID": asset_id,
        "inserviceDate": day(in_service),
        "serialNumber": serial,
        "productId": product,
        "umsStructuralTag": tag,
        "cpuSpeed": 0,
        "cpuType": cpu,
        "deviceType": f"{vendor} {product}".strip(),
        "deviceSerialNumber": serial,
        "osType": f"{os_name} {os_version}".strip() + (f" (Kernel Version {kernel})" if kernel else ""),
        "flashSize": storage or 0,
        "memorySize": memory or 0,
        "networkSpeed": 0,
        "duplexMode": "",
        "graphicsChipset0": "",
        "graphicsChipset1": "",
        "graphicsMemorySize0": 0,
        "graphicsMemorySize1": 0,
        "biosVendor": bios_vendor,
        "biosVersion": bios_version,
        "biosDate": bios_date,
        "totalUsagetime": "-1",
        "totalUptime": "-1",
        "lastBoottime": "",
        "batteryLevel": -1,
        "lastContact": f"{contact:%Y-%m-%d %H:%M:%S}" if contact else "",
        "configChanges": "PENDING" if pending else "APPLIED",
        "lastUser": user,
        "registrationDate": f"{since:%d.%m.%Y %H:%M:%S}",
        "isThinClientRegistered": certified,
        "isConnectedViaReverseProxy": False,
    }
    for number in range(1, SCREENS + 1):
        found |= _monitor(number, monitors[number - 1] if number <= len(monitors) else None)
    return found


def day(value: date | None) -> str:
    """A day as the original shows it: 01.06.2015."""
    return f"{value:%d.%m.%Y}" if value else ""


def moment(value: datetime | None) -> str:
    """A time in UTC: 2024-12-30 12:06:21.015; empty for none."""
    return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03}" if value else ""


def _bios(text: str) -> tuple[str, str, str]:
    """Vendor, version and date out of what the device told in one line; the date comes last, if it comes."""
    words = text.split()
    date = words.pop() if words and _BIOS_DATE.fullmatch(words[-1]) else ""
    version = words.pop() if len(words) > 1 else ""
    return " ".join(words), version, date


def _monitor(number: int, row: tuple[Any, ...] | None) -> dict[str, Any]:
    _, vendor, name, serial, facts = row or (0, "", "", "", {})
    year, _, week = str(facts.get("made", "")).partition(", week ")
    return {
        f"monitorVendor{number}": vendor,
        f"monitorModel{number}": name,
        f"monitorSerialnumber{number}": serial,
        f"monitorNativeResolution{number}": str(facts.get("resolution", "")).replace("×", " x "),
        f"monitorSize{number}": _inches(str(facts.get("diagonal", ""))),
        f"monitor{number}YearOfManufacture": year,
        f"monitor{number}WeekOfManufacture": week,
    }


def _inches(text: str) -> float:
    found = _NUMBER.match(text)
    return float(found[0]) if found else 0
