"""Names of hardware, from the lists of ids that operating systems have (Debian: `hwdata`, `usb.ids`).

`usb.ids`: a vendor a line, `046d  Logitech, Inc.`, below it its products, a tab in front; sections of other things
begin with letters. `pnp.ids`: vendors of monitors, `DEL` and a tab in front of the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_USB = re.compile(r"(\t?)([0-9a-f]{4})  (\S.*)")
_PNP = re.compile(r"([A-Z@]{3})\t(\S.*)")


@dataclass(frozen=True, slots=True)
class HardwareNames:
    """vendors: by four lower-case hex digits (USB, Bluetooth) or three capitals (monitors). products: by both ids."""

    vendors: dict[str, str] = field(default_factory=dict)
    products: dict[tuple[str, str], str] = field(default_factory=dict)

    def vendor(self, vendor_id: str) -> str:
        """The name of a vendor, "" when it is not known."""
        return self.vendors.get(vendor_id, "")

    def product(self, vendor_id: str, product_id: str) -> str:
        """The name of a product, "" when it is not known."""
        return self.products.get((vendor_id, product_id), "")


def hardware_names(usb: Iterable[str] = (), pnp: Iterable[str] = ()) -> HardwareNames:
    """Read the lines of both lists; what does not look like an entry is left out."""
    names = HardwareNames()
    vendor = ""
    for line in usb:
        found = _USB.match(line)
        if found and not found[1]:
            vendor = found[2]
            names.vendors[vendor] = found[3].rstrip()
        elif found and vendor:
            names.products[vendor, found[2]] = found[3].rstrip()
        elif line.strip() and not line.startswith(("#", "\t")):
            vendor = ""  # another section: its lines look like products
    for line in pnp:
        if found := _PNP.match(line):
            names.vendors[found[1]] = found[2].rstrip()
    return names
