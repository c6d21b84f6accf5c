"""The lists of hardware names of this machine, read once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ums.domain.hardware_names import HardwareNames, hardware_names

USB_IDS = ("/usr/share/hwdata/usb.ids", "/usr/share/misc/usb.ids", "/var/lib/usbutils/usb.ids")
PNP_IDS = ("/usr/share/hwdata/pnp.ids", "/usr/share/misc/pnp.ids")


def names() -> HardwareNames:
    """The names that there are, none when the machine has no list. Read anew when a list is another one."""
    return _read(_newest(USB_IDS), _newest(PNP_IDS))


def _newest(paths: tuple[str, ...]) -> tuple[str, int]:
    """The list that was written last, and when: updates of the package count, and those of `update-usbids`."""
    found = []
    for path in paths:
        try:
            found.append((Path(path).stat().st_mtime_ns, path))
        except OSError:
            continue
    time, path = max(found, default=(0, ""))
    return path, time


@lru_cache(maxsize=1)
def _read(usb: tuple[str, int], pnp: tuple[str, int]) -> HardwareNames:
    return hardware_names(_lines(usb[0]), _lines(pnp[0]))


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text("utf-8", "replace").splitlines() if path else []
    except OSError:
        return []
