"""What is plugged into this machine, read from sysfs. What cannot be read is left out; nothing here asks a device.

1. USB: `/sys/bus/usb/devices`, without hubs and what is soldered in (`removable` is `fixed`).
2. Bluetooth: what makes inputs, `/sys/class/input` with bus type 5: keyboards, mice, and headsets by their keys. BlueZ
   (`/var/lib/bluetooth`) knows the names that people gave.
3. Monitors: `/sys/class/drm/*/edid`, without built-in panels.
"""

from __future__ import annotations

import struct
from pathlib import Path

from ums.domain.protocol import MAX_ASSETS, Peripheral

from .edid import EdidError, parse

HUB = "09"
BUS_BLUETOOTH = "0005"
PANELS = ("eDP", "LVDS", "DSI")

_WORD = 8 * struct.calcsize("l")
"""Bits of the words in which the kernel writes the abilities of an input."""

_KEYS, _BUTTON, _TOUCH = range(16, 26), 0x110, 0x14A
"""Letters Q to P, the left button, and touch (linux/input-event-codes.h)."""


def peripherals(root: Path = Path("/")) -> list[Peripheral]:
    """All that is plugged in, in the order of the ports. `root`: another root directory in tests."""
    return [*_usb(root), *_bluetooth(root), *_monitors(root)][:MAX_ASSETS]


# ---------------------------------------------------------------- USB


def _usb(root: Path) -> list[Peripheral]:
    entries = _children(root / "sys/bus/usb/devices")
    interfaces: dict[str, list[Path]] = {}
    for entry in entries:
        if ":" in entry.name:
            interfaces.setdefault(entry.name.partition(":")[0], []).append(entry)
    return [
        found
        for entry in entries
        if ":" not in entry.name and (found := _usb_device(entry, interfaces.get(entry.name, [])))
    ]


def _usb_device(path: Path, interfaces: list[Path]) -> Peripheral | None:
    own = _class(path, "bDevice")
    vendor_id, product_id = _read(path / "idVendor"), _read(path / "idProduct")
    if not vendor_id or own.startswith(HUB) or _read(path / "removable") == "fixed":
        return None
    classes = dict.fromkeys([own, *(_class(one, "bInterface") for one in interfaces)])
    details = {
        "maxPower": _read(path / "bMaxPower"),
        "speed": _read(path / "speed"),
        "revision": _revision(_read(path / "bcdDevice")),
    }
    return Peripheral(
        bus="usb",
        port=path.name[:64],
        vendor_id=vendor_id[:16],
        product_id=product_id[:16],
        serial=_read(path / "serial")[:255],
        name=_read(path / "product")[:255],
        vendor=_read(path / "manufacturer")[:255],
        classes=[one for one in classes if one][:64],
        details=_short(details),
    )


def _class(path: Path, prefix: str) -> str:
    parts = [_read(path / f"{prefix}{part}") for part in ("Class", "SubClass", "Protocol")]
    return ":".join(part.lower()[:2] for part in parts) if all(parts) else ""


def _revision(bcd: str) -> str:
    """`0310` is 3.10."""
    return f"{int(bcd[:2])}.{bcd[2:]}" if len(bcd) == 4 and bcd.isdigit() else bcd


# ---------------------------------------------------------------- Bluetooth


def _bluetooth(root: Path) -> list[Peripheral]:
    """One thing may make several inputs: they have the same address."""
    found: dict[str, Peripheral] = {}
    for path in _children(root / "sys/class/input"):
        if _read(path / "id/bustype") != BUS_BLUETOOTH:
            continue
        address = _read(path / "uniq").upper()[:64]
        before = found.get(address or path.name)
        classes = [*(before.classes if before else ()), *_abilities(path)]
        name = _bluez_name(root, address) or (before.name if before else "") or _read(path / "name")
        found[address or path.name] = Peripheral(
            bus="bluetooth",
            port=_read(path / "phys")[:64],
            vendor_id=_read(path / "id/vendor")[:16],
            product_id=_read(path / "id/product")[:16],
            serial=address,
            name=name[:255],
            classes=list(dict.fromkeys(classes))[:64],
            details=_short({"address": address}),
        )
    return list(found.values())


def _abilities(path: Path) -> list[str]:
    """As classes of USB: what an input can do."""
    keys, axes = _bits(path / "capabilities/key"), _bits(path / "capabilities/rel")
    if "AVRCP" in _read(path / "name"):
        return ["01:00:00"]
    if keys >> _TOUCH & 1:
        return ["03:00:05"]
    found = []
    if all(keys >> key & 1 for key in _KEYS):
        found.append("03:01:01")
    if keys >> _BUTTON & 1 and axes & 3 == 3:
        found.append("03:01:02")
    return found or ["03:00:00"]


def _bits(path: Path) -> int:
    value = 0
    for word in _read(path).split():
        try:
            value = value << _WORD | int(word, 16)
        except ValueError:
            return 0
    return value


def _bluez_name(root: Path, address: str) -> str:
    if len(address) != 17 or "/" in address:
        return ""
    for adapter in _children(root / "var/lib/bluetooth"):
        for line in _read(adapter / address / "info").splitlines():
            if line.startswith(("Alias=", "Name=")):
                return line.partition("=")[2].strip()
    return ""


# ---------------------------------------------------------------- monitors


def _monitors(root: Path) -> list[Peripheral]:
    found = []
    for path in _children(root / "sys/class/drm"):
        connector = path.name.partition("-")[2]
        if not connector or connector.startswith(PANELS) or _read(path / "status") != "connected":
            continue
        try:
            edid = parse((path / "edid").read_bytes())
        except (OSError, EdidError):
            continue
        found.append(
            Peripheral(
                bus="monitor",
                port=path.name[:64],
                vendor_id=edid.vendor,
                product_id=edid.product,
                serial=edid.serial,
                name=edid.name,
                details=_short(edid.details),
            )
        )
    return found


# ---------------------------------------------------------------- files


def _children(directory: Path) -> list[Path]:
    try:
        return sorted(directory.iterdir())
    except OSError:
        return []


def _read(path: Path) -> str:
    """The text of a file on one line per line, without what no database takes; "" when it cannot be read."""
    try:
        return path.read_text("utf-8", "replace").replace("\0", "").strip()
    except OSError:
        return ""


def _short(details: dict[str, str]) -> dict[str, str]:
    return {key: value[:100] for key, value in details.items() if value}
