"""Believable peripherals for simulated devices: what is plugged in follows from the seed and the device's number."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ums.domain.protocol import Peripheral


@dataclass(frozen=True, slots=True)
class Type:
    """A kind of peripheral. share: of the devices that have one, in percent. serials: whether each has its own."""

    vendor_id: str
    product_id: str
    vendor: str
    name: str
    classes: tuple[str, ...]
    share: int
    serials: bool = False
    bus: str = "usb"
    power: str = "100mA"
    speed: str = "12"


KEYBOARDS = (
    Type("046d", "c31c", "Logitech", "USB Keyboard", ("00:00:00", "03:01:01", "03:00:00"), 40, speed="1.5"),
    Type("046a", "0023", "Cherry", "USB Keyboard", ("00:00:00", "03:01:01"), 30, speed="1.5"),
    Type("413c", "2113", "Dell", "KB216 Wired Keyboard", ("00:00:00", "03:01:01", "03:00:00"), 30, speed="1.5"),
)
MICE = (
    Type("046d", "c077", "Logitech", "USB Optical Mouse", ("00:00:00", "03:01:02"), 55, speed="1.5"),
    Type("413c", "301a", "PixArt", "Dell MS116 USB Optical Mouse", ("00:00:00", "03:01:02"), 45, speed="1.5"),
)
OTHERS = (
    Type("047f", "c056", "Plantronics", "Blackwire 3220 Series", ("00:00:00", "01:01:00", "03:00:00"), 18, True),
    Type("0b0e", "2453", "GN Netcom A/S", "Jabra EVOLVE 20", ("00:00:00", "01:01:00", "03:00:00"), 10, True),
    Type("046d", "0825", "", "Webcam C270", ("ef:02:01", "0e:01:00", "01:01:00"), 12, True, power="500mA", speed="480"),
    Type("076b", "3031", "HID Global", "OMNIKEY 3x21 Smart Card Reader", ("00:00:00", "0b:00:00"), 12, speed="12"),
    Type("05e0", "1200", "Symbol Technologies", "Bar Code Scanner", ("00:00:00", "03:00:00"), 5, True),
    Type(
        "04f9", "2061", "Brother", "QL-800 Label Printer", ("00:00:00", "07:01:02"), 4, True, power="0mA", speed="480"
    ),
)
RADIO = Type("05ac", "0269", "", "Magic Mouse", ("03:01:02",), 3, True, "bluetooth")
STICKS = (
    Type("0781", "5581", "SanDisk", "Ultra", ("00:00:00", "08:06:50"), 60, True, power="224mA", speed="5000"),
    Type(
        "0951", "1666", "Kingston", "DataTraveler 3.0", ("00:00:00", "08:06:50"), 40, True, power="300mA", speed="480"
    ),
)
SCREENS = (
    ("DEL", "a0f1", "DELL U2419H", "1920×1080", "527×296 mm", "23.8″", 50),
    ("EIZ", "2531", "EV2460", "1920×1080", "528×297 mm", "23.9″", 20),
    ("IVM", "6630", "PL2470H", "1920×1080", "521×293 mm", "23.5″", 20),
    ("SAM", "0f9c", "S27R65", "2560×1440", "597×336 mm", "27.0″", 10),
)
STICK_PORT = "1-4"


def peripherals(seed: int, index: int, monitors: int) -> list[Peripheral]:
    """What is plugged into a device from the start. `monitors`: as its inventory says."""
    random = Random(f"peripherals {seed} {index}")
    found = [_made(random, _chosen(random, KEYBOARDS), "1-1"), _made(random, _chosen(random, MICE), "1-2")]
    others = [one for one in OTHERS if random.randrange(100) < one.share][:3]
    found += [_made(random, one, f"1-3.{port}") for port, one in enumerate(others, 1)]
    if random.randrange(100) < RADIO.share:
        address = ":".join(f"{random.randrange(256):02X}" for _ in range(6))
        found.append(Peripheral("bluetooth", "", "05ac", "0269", address, RADIO.name, "", list(RADIO.classes)))
    screen = random.choices(SCREENS, [one[-1] for one in SCREENS])[0]
    return found + [_screen(random, screen, number) for number in range(1, monitors + 1)]


def stick(seed: int, number: int) -> Peripheral:
    """One of the memory sticks that go from hand to hand; they are plugged in at STICK_PORT."""
    random = Random(f"stick {seed} {number}")
    return _made(random, _chosen(random, STICKS), STICK_PORT)


def _chosen(random: Random, types: tuple[Type, ...]) -> Type:
    return random.choices(types, [one.share for one in types])[0]


def _made(random: Random, one: Type, port: str) -> Peripheral:
    revision = f"{random.randrange(1, 4)}.0{random.randrange(9)}"
    return Peripheral(
        bus=one.bus,
        port=port,
        vendor_id=one.vendor_id,
        product_id=one.product_id,
        serial=f"{random.randrange(16**12):012X}" if one.serials else "",
        name=one.name,
        vendor=one.vendor,
        classes=list(one.classes),
        details={"maxPower": one.power, "speed": one.speed, "revision": revision},
    )


def _screen(random: Random, what: tuple[str, str, str, str, str, str, int], number: int) -> Peripheral:
    vendor, product, name, resolution, size, diagonal, _ = what
    made = f"{random.randrange(2017, 2025)}, week {random.randrange(1, 53)}"
    return Peripheral(
        bus="monitor",
        port=f"card0-DP-{number}",
        vendor_id=vendor,
        product_id=product,
        serial=f"{name[:2].upper()}{random.randrange(36**5):07d}",
        name=name,
        details={"resolution": resolution, "size": size, "diagonal": diagonal, "made": made},
    )
