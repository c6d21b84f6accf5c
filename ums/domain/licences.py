"""Which licence lets users log in at a device, and what the High Availability Extension needs (manual p. 36, 45).

The facts about each kind are data with their source; what follows from them are the functions below.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

NOTICE = timedelta(days=30)
"""How long before its end the console speaks of a licence."""

TRIAL = timedelta(days=60)
"""How long the test licence of a network lasts."""

HA_PACKAGE = 50
"""Licences of the High Availability Extension come in packages of so many (manual p. 36)."""

HA_TEST_LICENCES = 5
"""So many are there without any (manual p. 36)."""


class LicenceKind(StrEnum):
    """What can be licensed."""

    EMP = "emp"
    SWP = "swp"
    HA = "ha"
    TRIAL = "trial"


class Generation(StrEnum):
    """The licensing model that the firmware of a device belongs to."""

    OS_10 = "os10"
    OS_11 = "os11"


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds for a kind.

    generations: the devices it counts for. expires: whether it is a subscription; what is not is perpetual, unless it
    is a test licence. per_device: given to devices, one each; else it counts for the whole network. source: where this
    is said.
    """

    label: str
    words: str
    generations: frozenset[Generation]
    expires: bool
    per_device: bool
    source: str


FACTS: dict[LicenceKind, Facts] = {
    LicenceKind.EMP: Facts(
        "Enterprise Management Pack",
        "A subscription for each device with OS 11 or later. When it expires, users cannot log in there any more. "
        "One that has not expired licenses the Asset Inventory Tracker for the whole network.",
        frozenset({Generation.OS_11}),
        expires=True,
        per_device=True,
        source="Manual p. 45, Licensing with IGEL OS 11",
    ),
    LicenceKind.SWP: Facts(
        "Shared Workplace add-on",
        "For each device with OS 10. It is perpetual.",
        frozenset({Generation.OS_10}),
        expires=False,
        per_device=True,
        source="Manual p. 45, Licensing with IGEL OS 10",
    ),
    LicenceKind.HA: Facts(
        "High Availability Extension",
        "For devices before OS 11, in packages of 50. OS 11 needs none: it is part of the Workspace Edition.",
        frozenset({Generation.OS_10}),
        expires=False,
        per_device=False,
        source="Manual p. 3 and 36, Licensing the High Availability Extension",
    ),
    LicenceKind.TRIAL: Facts(
        "Test licence",
        "For all devices of the network, once, to try Shared Workplace and the Asset Inventory Tracker out.",
        frozenset(Generation),
        expires=True,
        per_device=False,
        source="docs/licences.md: a decision of this project",
    ),
}

LETS_USERS_IN = (LicenceKind.EMP, LicenceKind.SWP, LicenceKind.TRIAL)
"""With one of these users may log in."""

ASSET_INVENTORY = "asset_inventory"
"""The name of the feature “Asset Inventory Tracker”."""

LETS_TRACK = (LicenceKind.EMP, LicenceKind.TRIAL)
"""With one of these the Asset Inventory Tracker tells what it knows, for the whole network (domain/imi-api.md §1)."""

_VENDOR = re.compile(r"\bigel\b", re.IGNORECASE)
_MAJOR = re.compile(r"\s*(\d{1,4})\b")


def generation_of(firmware: str, version: str) -> Generation:
    """The licensing model of a firmware: OS_10 for everything of IGEL before 11, also their Windows Embedded.

    A firmware that is not IGEL's, or that says no version, counts as the current generation.
    """
    major = _MAJOR.match(version)
    before = _VENDOR.search(firmware) and major and int(major[1]) < 11
    return Generation.OS_10 if before else Generation.OS_11


@dataclass(frozen=True, slots=True)
class Held:
    """A licence as a device has it. expires_at: None for ever. test: meant for trying out."""

    kind: LicenceKind
    expires_at: datetime | None = None
    test: bool = False


@dataclass(frozen=True, slots=True)
class LicenceState:
    """Whether users may log in at a device. words: a sentence for administrators. expires_at: when it ends or ended.

    kind, test: of the licence that decides, None and False without one.
    """

    valid: bool
    words: str
    expires_at: datetime | None = None
    kind: LicenceKind | None = None
    test: bool = False

    def ends_soon(self, now: datetime) -> bool:
        """Whether it is time to speak of its end."""
        return self.valid and self.expires_at is not None and self.expires_at <= now + NOTICE


def state_of(held: Iterable[Held], generation: Generation, now: datetime) -> LicenceState:
    """What the licences of one device come to: the one that lasts longest decides, else the one that ended last."""
    fitting = [one for one in held if one.kind in LETS_USERS_IN and generation in FACTS[one.kind].generations]
    forever = [one for one in fitting if one.expires_at is None]
    if forever:
        return LicenceState(True, f"{name_of(forever[0])}, perpetual.", None, forever[0].kind, forever[0].test)
    ending = [(one.expires_at, one) for one in fitting if one.expires_at is not None]
    if not ending:
        return LicenceState(False, f"No licence. Users can log in with {NEEDED[generation]}.")
    end, best = max(ending, key=lambda pair: (pair[0], not pair[1].test))
    if end > now:
        return LicenceState(True, f"{name_of(best)} until {_day(end)}.", end, best.kind, best.test)
    words = f"{name_of(best)} expired on {_day(end)}: users cannot log in."
    return LicenceState(False, words, end, best.kind, best.test)


def tracker_state(held: Iterable[Held], now: datetime) -> LicenceState:
    """Whether the Asset Inventory Tracker is licensed: the one of the network's licences that lasts longest decides."""
    fitting = [(one.expires_at, one) for one in held if one.kind in LETS_TRACK and one.expires_at is not None]
    if not fitting:
        return LicenceState(False, "No licence. The Asset Inventory Tracker needs the Enterprise Management Pack.")
    end, best = max(fitting, key=lambda pair: (pair[0], not pair[1].test))
    if end > now:
        return LicenceState(True, f"{name_of(best)} until {_day(end)}.", end, best.kind, best.test)
    words = f"{name_of(best)} expired on {_day(end)}: the Asset Inventory Tracker tells nothing until there is another."
    return LicenceState(False, words, end, best.kind, best.test)


NEEDED = {
    Generation.OS_11: "the Enterprise Management Pack",
    Generation.OS_10: "the Shared Workplace add-on",
}
"""What a device of a generation needs, inside a sentence."""


def name_of(held: Held) -> str:
    """“Enterprise Management Pack (test)”."""
    label = FACTS[held.kind].label
    return f"{label} (test)" if held.test and held.kind is not LicenceKind.TRIAL else label


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """Whether the licences of the High Availability Extension are enough. devices: those that need one."""

    devices: int
    licences: int

    @property
    def enough(self) -> bool:
        """No mixed mode: either all of them are covered or the network is not licensed (manual p. 36)."""
        return self.devices <= self.licences

    @property
    def missing(self) -> int:
        """How many licences are missing."""
        return max(0, self.devices - self.licences)

    @property
    def packages(self) -> int:
        """How many packages would do."""
        return -(-self.missing // HA_PACKAGE)
