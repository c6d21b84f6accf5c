"""Believable thin clients for the simulator: what a device is follows from the seed and its number alone."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ums.domain.protocol import Adapter, Inventory, Peripheral

from . import FIRMWARE as FIRMWARE  # part of what a model is, for the demo tenant
from . import FIRMWARE_VERSION
from .model_peripherals import peripherals
from .model_peripherals import stick as stick

FIRMWARE_VERSIONS = ((FIRMWARE_VERSION, 70), ("0.9.4", 20), ("0.9.2", 10))
"""Versions in the field, with the share of devices in percent."""


@dataclass(frozen=True, slots=True)
class Model:
    """A hardware type. `share` in percent."""

    vendor: str
    product: str
    bios: str
    cpu: str
    cores: int
    memory_mb: int
    storage_mb: int
    wireless: bool
    share: int


MODELS = (
    Model("Nordkap", "Fjord 300", "Nordkap 3.14", "AMD Ryzen Embedded R1505G", 4, 7_964, 15_272, False, 45),
    Model("Nordkap", "Fjord 700 Duo", "Nordkap 5.02", "AMD Ryzen Embedded V1605B", 8, 15_872, 30_528, True, 20),
    Model("Helix Works", "Slim 5", "HW 1.9.0", "Intel(R) Celeron(R) J4105 CPU @ 1.50GHz", 4, 3_880, 30_528, False, 25),
    Model("Halden", "Mobile M14", "HLD 2.31", "Intel(R) Core(TM) i3-N305", 8, 15_872, 244_198, True, 10),
)


def unit_id(seed: int, index: int) -> str:
    """A locally administered MAC address without colons."""
    return f"02{seed & 0xFFFF:04X}{index & 0xFFFFFF:06X}"


def name(seed: int, index: int) -> str:
    """The network name, like TC01-00042."""
    return f"TC{seed % 100:02d}-{index:05d}"


def firmware_version(seed: int, index: int) -> str:
    """The firmware that the device runs."""
    random = Random(f"firmware {seed} {index}")
    return random.choices([version for version, _ in FIRMWARE_VERSIONS], [share for _, share in FIRMWARE_VERSIONS])[0]


def inventory(seed: int, index: int) -> Inventory:
    """What the device reports about itself."""
    random = Random(f"device {seed} {index}")
    model = random.choices(MODELS, [model.share for model in MODELS])[0]
    mac = ":".join(unit_id(seed, index)[place : place + 2] for place in range(0, 12, 2)).lower()
    address = f"10.{seed % 200 + 20}.{index // 250 % 250}.{index % 250 + 2}"
    adapters = [Adapter(name="eth0", mac=mac, addresses=[address])]
    if model.wireless:
        adapters.append(Adapter(name="wlan0", mac=f"06{mac[2:]}"))
    return Inventory(
        hostname=name(seed, index),
        vendor=model.vendor,
        product=model.product,
        serial_number=f"{model.vendor[:2].upper()}{random.randrange(36**6):08X}",
        bios=model.bios,
        cpu=model.cpu,
        cores=model.cores,
        memory_mb=model.memory_mb,
        storage_mb=model.storage_mb,
        os_name=FIRMWARE,
        os_version=firmware_version(seed, index),
        kernel="6.1.0-thin-amd64",
        adapters=adapters,
        extra={"monitors": str(random.choice((1, 1, 2, 2, 2, 3)))},
    )


def plugged_in(seed: int, index: int) -> list[Peripheral]:
    """The peripherals of the device, with as many monitors as it reports."""
    return peripherals(seed, index, int(inventory(seed, index).extra["monitors"]))
