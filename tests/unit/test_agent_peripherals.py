"""What the agent finds in sysfs, what it notes, and what it tells when."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.unit.sysfs import Sysfs, edid
from ums.agent import uevents
from ums.agent.asset_book import MOST, AssetBook
from ums.agent.assets import LARGEST, Assets
from ums.agent.edid import EdidError, parse
from ums.agent.peripherals import peripherals
from ums.agent.uevents import Uevents, concerns
from ums.domain import protocol as p

LETTERS = format(sum(1 << key for key in range(16, 26)), "x")
BUTTON = "10000 0 0 0 0"
STICK = p.Peripheral("usb", "1-2", "0781", "5581", serial="4C53")
MOUSE = p.Peripheral("usb", "1-1", "046d", "c077")


@pytest.fixture
def tree(tmp_path: Path) -> Sysfs:
    return Sysfs(tmp_path / "root")


# ---------------------------------------------------------------- sysfs


def test_usb(tree: Sysfs) -> None:
    tree.usb("usb1", "1d6b", "0002", "09:00:00", own="09:00:01")
    tree.usb("1-1", "05e3", "0608", "09:00:00", own="09:00:01")
    tree.usb("1-5", "8087", "0aaa", "e0:01:01", removable="fixed")
    tree.usb(
        "1-1.4", "046d", "c31c", "03:01:01", "03:00:00", product="USB Keyboard", manufacturer="Logitech",
        serial="A1", bMaxPower="90mA", speed="1.5", bcdDevice="6402", removable="removable",
    )  # fmt: skip
    assert peripherals(tree.root) == [
        p.Peripheral(
            "usb", "1-1.4", "046d", "c31c", "A1", "USB Keyboard", "Logitech", ["00:00:00", "03:01:01", "03:00:00"],
            {"maxPower": "90mA", "speed": "1.5", "revision": "64.02"},
        )
    ]  # fmt: skip


def test_a_machine_without_any(tmp_path: Path) -> None:
    assert peripherals(tmp_path) == []


def test_bluetooth_is_one_thing_by_its_address(tree: Sysfs) -> None:
    tree.bluetooth(1, "d4:f5:7e:00:00:01", "K380 Keyboard", key=LETTERS)
    tree.bluetooth(2, "d4:f5:7e:00:00:01", "K380 Mouse", key=BUTTON, rel="3")
    tree.bluetooth(3, "00:1b:66:00:00:09", "HD 450 (AVRCP)")
    tree.bluetooth(4, "", "AT Keyboard", bus="0011", key=LETTERS)
    info = tree.root / "var/lib/bluetooth/5C:F3:70:00:00:01/D4:F5:7E:00:00:01/info"
    info.parent.mkdir(parents=True)
    info.write_text("[General]\nName=Keyboard K380\n")
    keyboard, headset = peripherals(tree.root)
    assert (keyboard.serial, keyboard.name) == ("D4:F5:7E:00:00:01", "Keyboard K380")
    assert keyboard.classes == ["03:01:01", "03:01:02"]
    assert (headset.name, headset.classes) == ("HD 450 (AVRCP)", ["01:00:00"])


def test_monitors(tree: Sysfs) -> None:
    tree.monitor("card0-DP-1", edid())
    tree.monitor("card0-DP-2", edid(), status="disconnected")
    tree.monitor("card0-HDMI-A-1", b"")
    tree.monitor("card0-eDP-1", edid("BOE"))
    (found,) = peripherals(tree.root)
    assert (found.port, found.vendor_id, found.product_id) == ("card0-DP-1", "DEL", "a0f1")
    assert (found.serial, found.name) == ("CN0X123", "DELL U2419H")
    assert found.details == {
        "resolution": "1920×1080",
        "size": "527×296 mm",
        "diagonal": "23.8″",
        "made": "2021, week 12",
    }


def test_edid_of_a_monitor_that_says_little() -> None:
    found = parse(edid(number=77, serial="", name="", week=255, pixels=(0, 0), size=(0, 0)) + b"\x02\x03rest")
    assert (found.serial, found.name, found.week) == ("77", "", 0)
    assert found.details == {"made": "2021"}


@pytest.mark.parametrize("data", [b"", b"\0" * 128, edid()[:100], edid()[:127] + b"\x99", b"\xff" * 256])
def test_no_edid(data: bytes) -> None:
    with pytest.raises(EdidError):
        parse(data)


# ---------------------------------------------------------------- the book


def test_what_differs_is_noted_and_kept_until_it_is_stored(tmp_path: Path) -> None:
    path = tmp_path / "assets.json"
    book = AssetBook("boot-1", path)
    assert book.look([STICK], 1.0)
    assert not book.look([STICK], 2.0)
    book.look([MOUSE], 3.0)
    again = AssetBook("boot-1", path)
    assert again.journal == book.journal
    assert [(one.sequence, one.kind, one.asset, one.time) for one in again.unsent] == [
        (1, "add_on_boot", STICK, 1.0),
        (2, "remove", STICK, 3.0),
        (3, "add", MOUSE, 3.0),
    ]
    again.stored(again.journal, 2)
    again.stored("another", 3)
    assert [one.sequence for one in AssetBook("boot-1", path).unsent] == [3]


def test_another_boot_finds_out_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "assets.json"
    AssetBook("boot-1", path).look([STICK], 1.0)
    book = AssetBook("boot-2", path)
    book.look([MOUSE], 2.0)
    book.look([], 3.0)
    assert [one.kind for one in book.unsent] == ["add_on_boot", "remove_on_boot", "add_on_boot", "remove"]


def test_a_damaged_book_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "assets.json"
    path.write_bytes(b'{"journal": 7')
    assert AssetBook("b", path).unsent == []


def test_the_book_has_an_end() -> None:
    book = AssetBook("b")
    for number in range(MOST):
        book.look([STICK] if number % 2 == 0 else [MOUSE], float(number))
    assert len(book.unsent) == MOST
    assert book.unsent[-1].sequence == book.sequence


# ---------------------------------------------------------------- telling


class Line:
    """Where messages go."""

    def __init__(self, book: AssetBook | None = None) -> None:
        self.sent: list[p.AssetEvents] = []
        self.assets = Assets(self.sent.append, book or AssetBook("b"), lambda: 100.0)  # type: ignore[arg-type]
        self.assets.delay = lambda: 0.02

    def store(self) -> None:
        """The server has the last message."""
        last = self.sent[-1]
        self.assets.stored(p.AssetsStored(last.journal, last.sequence))


async def test_events_first_then_all_and_one_at_a_time() -> None:
    line = Line()
    line.assets.looked([STICK])
    assert line.sent == []
    line.assets.asked(True)
    assert [(len(one.events), one.present) for one in line.sent] == [(1, None)]
    line.store()
    assert [(one.sequence, one.present) for one in line.sent[1:]] == [(1, [STICK])]
    line.store()
    assert len(line.sent) == 2
    assert line.assets.book.unsent == []


async def test_what_changes_gathers_for_a_while() -> None:
    line = Line()
    line.assets.asked(True)
    line.store()
    line.assets.looked([STICK])
    line.assets.looked([STICK, MOUSE])
    assert len(line.sent) == 1
    await asyncio.sleep(0.1)
    assert [one.asset for one in line.sent[1].events] == [STICK, MOUSE]


async def test_without_an_answer_it_is_told_again_at_the_next_connection() -> None:
    line = Line()
    line.assets.looked([STICK])
    line.assets.asked(True)
    line.assets.lost()
    line.assets.looked([STICK, MOUSE])
    assert len(line.sent) == 1
    line.assets.asked(True)
    assert [one.sequence for one in line.sent[1].events] == [1, 2]


async def test_who_is_not_wanted_notes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ums.agent.assets.UNASKED", 0.01)
    line = Line()
    line.assets.looked([STICK])
    line.assets.ready()
    await asyncio.sleep(0.05)
    line.assets.looked([MOUSE])
    assert line.assets.book.unsent == []
    line.assets.asked(True)
    assert [one.present for one in line.sent] == [[MOUSE]]
    line.store()
    line.assets.asked(False)
    line.assets.looked([])
    await asyncio.sleep(0.05)
    assert len(line.sent) == 1


async def test_a_setting_can_forbid_it() -> None:
    line = Line()
    line.assets.delay = lambda: None
    line.assets.looked([STICK])
    line.assets.asked(True)
    assert line.sent == []


async def test_many_events_go_in_parts_that_a_frame_holds() -> None:
    details = {str(number): "d" * 255 for number in range(20)}
    wide = [
        p.Peripheral("usb", f"1-{port}", "0781", "5581", "s" * 255, "n" * 255, details=details) for port in range(90)
    ]
    line = Line()
    line.assets.looked(wide)
    line.assets.asked(True)
    while line.assets.book.unsent:
        line.store()
    assert len(line.sent) > 3
    assert all(len(p.encode(one)) <= LARGEST for one in line.sent)
    assert [event.sequence for one in line.sent for event in one.events] == list(range(1, 91))


# ---------------------------------------------------------------- the kernel's word


def test_which_messages_of_the_kernel_count() -> None:
    assert concerns(b"add@/devices/pci0000:00/usb1/1-1\0ACTION=add\0SUBSYSTEM=usb\0SEQNUM=1\0")
    assert concerns(b"change@/devices/x/drm/card0\0ACTION=change\0SUBSYSTEM=drm\0HOTPLUG=1\0")
    assert not concerns(b"add@/devices/virtual/net/lo\0ACTION=add\0SUBSYSTEM=net\0")


async def test_news_settle_before_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uevents, "SETTLED", 0.01)
    async with Uevents() as news:
        await news.wait(0.01)
        news._news.set()
        await asyncio.wait_for(news.wait(60), 5)
        assert not news._news.is_set()


async def test_a_machine_whose_kernel_is_not_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise PermissionError

    monkeypatch.setattr("ums.agent.uevents.socket.socket", refuse)
    async with Uevents() as news:
        assert not news.heard
