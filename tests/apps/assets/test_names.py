"""Names of hardware, where the machine has lists of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ums.assets import names
from ums.assets.facts import facts
from ums.domain.protocol import Peripheral


@pytest.fixture
def lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(names, "USB_IDS", (str(tmp_path / "usb.ids"), str(tmp_path / "newer.ids")))
    monkeypatch.setattr(names, "PNP_IDS", (str(tmp_path / "pnp.ids"),))
    return tmp_path


def named(peripheral: Peripheral) -> tuple[str, str]:
    found = facts(peripheral, "unit", names.names())
    assert found is not None
    return found.name, found.vendor


def test_without_lists_a_thing_is_called_what_it_says_or_by_its_ids(lists: Path) -> None:
    assert named(Peripheral("usb", "1-1", "046D", "C31C", name="USB  Keyboard", vendor="Logi")) == (
        "USB Keyboard",
        "Logi",
    )
    assert named(Peripheral("usb", "1-1", "046D", "C31C", classes=["03:01:01"])) == ("Keyboard 046d:c31c", "")
    assert named(Peripheral("monitor", "card0-DP-1", "del", "A0F1")) == ("Monitor DEL:a0f1", "")


def test_with_lists_by_name_and_a_newer_list_counts_at_once(lists: Path) -> None:
    (lists / "usb.ids").write_text("046d  Logitech, Inc.\n\tc31c  Keyboard K120\n")
    (lists / "pnp.ids").write_text("DEL\tDell Inc.\n")
    keyboard = Peripheral("usb", "1-1", "046d", "c31c", name="USB Keyboard", vendor="Logitech")
    found = facts(keyboard, "unit", names.names())
    assert found is not None
    assert (found.name, found.vendor) == ("Keyboard K120", "Logitech, Inc.")
    assert found.details == {"custom_productName": "USB Keyboard", "custom_vendorName": "Logitech"}
    assert named(Peripheral("monitor", "", "DEL", "a0f1", name="DELL U2419H")) == ("DELL U2419H", "Dell Inc.")
    (lists / "newer.ids").write_text("046d  Logitech\n\tc31c  Keyboard\n")
    os.utime(lists / "usb.ids", (1, 1))
    assert named(keyboard) == ("Keyboard", "Logitech")


def test_a_bus_that_is_not_known(lists: Path) -> None:
    assert facts(Peripheral("thunderbolt"), "unit", names.names()) is None
