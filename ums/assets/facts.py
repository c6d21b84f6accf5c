"""What a device says of a peripheral, as an asset has it: named, sorted into categories, within the bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ums.domain.peripherals import Bus, Category, categories, identity, meaningful_serial

if TYPE_CHECKING:
    from ums.assets.models import Asset
    from ums.domain.hardware_names import HardwareNames
    from ums.domain.protocol import Peripheral

BUSES = frozenset(Bus)


@dataclass(frozen=True, slots=True)
class Facts:
    """The columns of an asset that a report decides. identity: of `ums.domain.peripherals.identity`."""

    identity: str
    bus: str
    vendor_id: str
    product_id: str
    serial_number: str
    name: str
    vendor: str
    categories: tuple[Category, ...]
    details: dict[str, str]

    def changes(self, asset: Asset) -> bool:
        """Write them to an asset; whether that changed anything."""
        news = [
            (name, value)
            for name, value in (
                ("name", self.name),
                ("vendor", self.vendor),
                ("category", self.categories[0].value),
                ("details", self.details),
            )
            if getattr(asset, name) != value
        ]
        for name, value in news:
            setattr(asset, name, value)
        return bool(news)


def facts(peripheral: Peripheral, unit_id: str, names: HardwareNames) -> Facts | None:
    """The facts of a peripheral at the device `unit_id`; None for a bus that is not known."""
    bus = peripheral.bus
    if bus not in BUSES:
        return None
    monitor = bus == Bus.MONITOR
    vendor_id = peripheral.vendor_id.upper() if monitor else peripheral.vendor_id.lower()
    product_id = peripheral.product_id.lower()
    kinds = tuple(categories(bus, peripheral.classes))
    own_name, own_vendor = _tidy(peripheral.name), _tidy(peripheral.vendor)
    ids = f"{vendor_id}:{product_id}".strip(":")
    details = {key: _tidy(value) for key, value in peripheral.details.items()}
    if own_name and not monitor:
        details["custom_productName"] = own_name
    if own_vendor and not monitor:
        details["custom_vendorName"] = own_vendor
    return Facts(
        identity=identity(bus, vendor_id, product_id, peripheral.serial, unit_id, peripheral.port),
        bus=bus,
        vendor_id=vendor_id,
        product_id=product_id,
        serial_number=meaningful_serial(peripheral.serial),
        name=(names.product(vendor_id, product_id) or own_name or f"{kinds[0].label} {ids}".strip())[:255],
        vendor=(names.vendor(vendor_id) or own_vendor)[:255],
        categories=kinds,
        details=details,
    )


def _tidy(text: str) -> str:
    return " ".join(text.split())
