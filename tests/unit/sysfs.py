"""A tree of sysfs as the kernel lays it out, made of what tests plug in."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

from ums.agent.edid import HEADER


class Sysfs:
    """Below `root`; `usb`, `bluetooth` and `monitor` plug in, `pull` takes away."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for place in ("sys/bus/usb/devices", "sys/class/input", "sys/class/drm"):
            (root / place).mkdir(parents=True)

    def usb(
        self, port: str, vendor: str, product: str, /, *interfaces: str, own: str = "00:00:00", **more: str
    ) -> None:
        """`interfaces`: `class:subclass:protocol`. `more`: other files, like serial, product, removable."""
        path = self.root / "sys/bus/usb/devices"
        self._write(path / port, {"idVendor": vendor, "idProduct": product, **_classes("bDevice", own), **more})
        for number, one in enumerate(interfaces):
            self._write(path / f"{port}:1.{number}", _classes("bInterface", one))

    def bluetooth(
        self, number: int, address: str, name: str, *, bus: str = "0005", key: str = "0", rel: str = "0"
    ) -> None:
        """An input of a thing; several of them may have the same address."""
        path = self.root / f"sys/class/input/input{number}"
        self._write(path, {"uniq": address, "name": name, "phys": "5c:f3:70:00:00:01"})
        self._write(path / "id", {"bustype": bus, "vendor": "046d", "product": "b35b"})
        self._write(path / "capabilities", {"key": key, "rel": rel})

    def monitor(self, connector: str, edid: bytes, status: str = "connected") -> None:
        """At a connector like card0-DP-1."""
        path = self.root / "sys/class/drm" / connector
        self._write(path, {"status": status})
        (path / "edid").write_bytes(edid)

    def pull(self, place: str) -> None:
        """What is at a port or connector goes, with its interfaces."""
        for path in self.root.glob(f"sys/*/*/{place}*"):
            shutil.rmtree(path)
        for path in self.root.glob(f"sys/bus/usb/devices/{place}*"):
            shutil.rmtree(path)

    def _write(self, directory: Path, files: dict[str, str]) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (directory / name).write_text(f"{text}\n")


def _classes(prefix: str, text: str) -> dict[str, str]:
    return dict(zip((f"{prefix}Class", f"{prefix}SubClass", f"{prefix}Protocol"), text.split(":"), strict=True))


def edid(
    vendor: str = "DEL",
    product: int = 0xA0F1,
    number: int = 0,
    *,
    serial: str = "CN0X123",
    name: str = "DELL U2419H",
    week: int = 12,
    year: int = 2021,
    pixels: tuple[int, int] = (1920, 1080),
    size: tuple[int, int] = (527, 296),
) -> bytes:
    """The first block of a monitor's EDID, checksum and all."""
    letters = sum((ord(letter) - ord("A") + 1) << shift for letter, shift in zip(vendor, (10, 5, 0), strict=True))
    head = HEADER + struct.pack(">H", letters) + struct.pack("<HIBB", product, number, week, year - 1990)
    head += bytes([1, 4, 0xA5, size[0] // 10, size[1] // 10, 120, 0x3A]) + bytes(29)
    (across, down), (wide, high) = pixels, size
    timing = bytes([1, 1, across & 255, 0, across >> 8 << 4, down & 255, 0, down >> 8 << 4, 0, 0, 0, 0])
    timing += bytes([wide & 255, high & 255, wide >> 8 << 4 | high >> 8, 0, 0, 0x1E])
    body = head + timing + _text(0xFF, serial) + _text(0xFC, name) + bytes([0, 0, 0, 0x10]) + bytes(14)
    body += b"\0"
    return body + bytes([-sum(body) % 256])


def _text(tag: int, text: str) -> bytes:
    return bytes([0, 0, 0, tag, 0]) + (text.encode() + b"\n").ljust(13)[:13]
