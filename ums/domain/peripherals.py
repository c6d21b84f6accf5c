"""What peripherals are: on which bus, of which categories, and what makes two reports tell of the same thing.

1. A thing with a serial number is one and the same wherever it is plugged in: bus, vendor, product, serial number.
2. A thing without one is known by the place where it is: its device and the port there.
3. Categories follow from the classes of USB (“Defined Class Codes” of usb.org), which a device tells as
   `class:subclass:protocol`, two lower-case hex digits each: of the device itself and of all its interfaces.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from enum import IntEnum, StrEnum
from functools import lru_cache

SERIALS_OF_NOTHING = frozenset(
    {"0", "1", "none", "n/a", "na", "unknown", "default", "serial", "serialnumber", "serial number", "to be filled"}
)
"""What cheap hardware says in place of a serial number, in lower case; so does anything made of one character."""


class Bus(StrEnum):
    """How a thing is connected."""

    USB = "usb"
    BLUETOOTH = "bluetooth"
    MONITOR = "monitor"


class Change(StrEnum):
    """What became of a thing at a device, with the names of the original (domain/imi-api.md §5.8).

    `…_ON_BOOT`: it was not seen when it happened, but found out afterwards.
    """

    ADD = "add"
    REMOVE = "remove"
    ADD_ON_BOOT = "add_on_boot"
    REMOVE_ON_BOOT = "remove_on_boot"

    @property
    def adds(self) -> bool:
        """Whether the thing is there afterwards."""
        return self in (Change.ADD, Change.ADD_ON_BOOT)


class Category(IntEnum):
    """What a thing is for; the numbers are those of the API."""

    KEYBOARD = 1
    MOUSE = 2
    HID = 3
    BLUETOOTH = 4
    MONITOR = 5
    AUDIO = 6
    CAMERA = 7
    STORAGE = 8
    PRINTER = 9
    SMART_CARD = 10
    NETWORK = 11
    HUB = 12
    IMAGING = 13
    SERIAL = 14
    TOUCHSCREEN = 15
    OTHER = 16

    @property
    def label(self) -> str:
        """For people."""
        return LABELS[self]


LABELS = {
    Category.KEYBOARD: "Keyboard",
    Category.MOUSE: "Mouse",
    Category.HID: "Human Interface Device",
    Category.BLUETOOTH: "Bluetooth",
    Category.MONITOR: "Monitor",
    Category.AUDIO: "Audio",
    Category.CAMERA: "Camera",
    Category.STORAGE: "Mass storage",
    Category.PRINTER: "Printer",
    Category.SMART_CARD: "Smart card reader",
    Category.NETWORK: "Network adapter",
    Category.HUB: "Hub",
    Category.IMAGING: "Scanner",
    Category.SERIAL: "Serial or modem",
    Category.TOUCHSCREEN: "Touchscreen",
    Category.OTHER: "Other",
}

CHOICES = [(category.value, label) for category, label in LABELS.items()]

_BY_CLASS = {
    "03:01:01": Category.KEYBOARD,
    "03:01:02": Category.MOUSE,
    "03:00:05": Category.TOUCHSCREEN,
    "e0:01:01": Category.BLUETOOTH,
    "01": Category.AUDIO,
    "02:02": Category.SERIAL,
    "02:06": Category.NETWORK,
    "02:0d": Category.NETWORK,
    "02": Category.SERIAL,
    "03": Category.HID,
    "06": Category.IMAGING,
    "07": Category.PRINTER,
    "08": Category.STORAGE,
    "09": Category.HUB,
    "0b": Category.SMART_CARD,
    "0e": Category.CAMERA,
    "10": Category.CAMERA,
}
"""The longest part of a class that stands here decides. `03:00:05` is ours: the agent knows it by its abilities."""

_FOREMOST = [
    Category.MONITOR,
    Category.HUB,
    Category.CAMERA,
    Category.PRINTER,
    Category.IMAGING,
    Category.STORAGE,
    Category.SMART_CARD,
    Category.NETWORK,
    Category.AUDIO,
    Category.TOUCHSCREEN,
    Category.KEYBOARD,
    Category.MOUSE,
    Category.BLUETOOTH,
    Category.HID,
    Category.SERIAL,
    Category.OTHER,
]
"""Which of several categories a thing is filed under: a camera with a microphone is a camera, a headset with keys is
for hearing, and a receiver for a keyboard and a mouse is a keyboard."""


def categories(bus: str, classes: Iterable[str]) -> list[Category]:
    """The categories of a thing, the foremost first; at least one."""
    return list(_categories(bus, tuple(classes)))


@lru_cache(maxsize=1000)
def _categories(bus: str, classes: tuple[str, ...]) -> list[Category]:
    found = {category for one in classes if (category := _category(one))}
    if bus == Bus.MONITOR:
        found.add(Category.MONITOR)
    elif bus == Bus.BLUETOOTH:
        found.add(Category.BLUETOOTH)
    return sorted(found or {Category.OTHER}, key=_FOREMOST.index)


def _category(text: str) -> Category | None:
    parts = text.lower().split(":")
    for length in range(len(parts), 0, -1):
        if category := _BY_CLASS.get(":".join(parts[:length])):
            return category
    return None


def meaningful_serial(serial: str) -> str:
    """The serial number as it is compared; "" when it says nothing."""
    text = " ".join(serial.split())
    return "" if text.lower() in SERIALS_OF_NOTHING or len(set(text.replace(" ", ""))) <= 1 else text


def identity(bus: str, vendor_id: str, product_id: str, serial: str, unit_id: str, port: str) -> str:
    """What names a thing: 64 hex digits, equal for the same thing. `unit_id` and `port`: for those without a serial."""
    known = meaningful_serial(serial)
    where = ["serial", known] if known else ["place", unit_id, port]
    parts = "\0".join([bus, vendor_id.lower(), product_id.lower(), *where])
    return hashlib.sha256(parts.encode()).hexdigest()
