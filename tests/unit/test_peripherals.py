"""What peripherals are: the same thing or another one, and of which categories; names of hardware."""

from __future__ import annotations

import pytest

from ums.domain.hardware_names import hardware_names
from ums.domain.peripherals import Bus, Category, categories, identity, meaningful_serial


@pytest.mark.parametrize(
    ("bus", "classes", "expected"),
    [
        ("usb", ["00:00:00", "03:01:01", "03:00:00"], [Category.KEYBOARD, Category.HID]),
        ("usb", ["03:01:02"], [Category.MOUSE]),
        ("usb", ["03:01:02", "03:01:01"], [Category.KEYBOARD, Category.MOUSE]),
        ("usb", ["ef:02:01", "0e:01:00", "01:01:00"], [Category.CAMERA, Category.AUDIO]),
        ("usb", ["08:06:50"], [Category.STORAGE]),
        ("usb", ["E0:01:01"], [Category.BLUETOOTH]),
        ("usb", ["ff:ff:ff", "", "x"], [Category.OTHER]),
        ("usb", [], [Category.OTHER]),
        ("bluetooth", ["03:01:01"], [Category.KEYBOARD, Category.BLUETOOTH]),
        ("bluetooth", [], [Category.BLUETOOTH]),
        ("monitor", [], [Category.MONITOR]),
    ],
)
def test_categories(bus: str, classes: list[str], expected: list[Category]) -> None:
    assert categories(bus, classes) == expected


@pytest.mark.parametrize("serial", ["", "0", "000000000000", "N/A", " none ", "FFFFFFFF", "To be filled", "- - -"])
def test_serials_that_say_nothing(serial: str) -> None:
    assert meaningful_serial(serial) == ""


def test_with_a_serial_number_the_place_does_not_count() -> None:
    here = identity(Bus.USB, "0781", "5581", "4C53", "unit-1", "1-1")
    assert here == identity(Bus.USB, "0781", "5581", " 4C53 ", "unit-2", "2-1")
    assert here != identity(Bus.USB, "0781", "5580", "4C53", "unit-1", "1-1")
    assert here != identity(Bus.BLUETOOTH, "0781", "5581", "4C53", "unit-1", "1-1")


def test_without_one_it_does() -> None:
    here = identity(Bus.USB, "046d", "c077", "0000", "unit-1", "1-1")
    assert here == identity(Bus.USB, "046D", "c077", "", "unit-1", "1-1")
    assert here != identity(Bus.USB, "046d", "c077", "", "unit-2", "1-1")
    assert here != identity(Bus.USB, "046d", "c077", "", "unit-1", "1-2")


USB_IDS = """\
# comment
046d  Logitech, Inc.
\tc077  Mouse
\tc31c  Keyboard K120
\t\t01  an interface
C 03  Human Interface Device
\t01  Boot Interface Subclass
\t\t01  Keyboard
HID 21  HID
\t0023  no product of anybody

0781  SanDisk Corp.
\t5581  Ultra
"""


def test_names_of_hardware() -> None:
    names = hardware_names(USB_IDS.splitlines(), ["DEL\tDell Inc.", "nothing"])
    assert names.vendor("046d") == "Logitech, Inc."
    assert names.product("046d", "c31c") == "Keyboard K120"
    assert names.product("0781", "5581") == "Ultra"
    assert names.vendor("DEL") == "Dell Inc."
    assert len(names.products) == 3
    assert names.vendor("ffff") == names.product("046d", "ffff") == ""
