"""The four kinds of profile as people see them, and whether profiles of a kind count at the moment."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from ums.domain.effectiveness import Rank
from ums.features.selectors import enabled_in_query
from ums.profiles.models import ProfileKind

PRIORITY_PROFILES = "priority_profiles"
"""The feature without which priority profiles count for nothing."""


@dataclass(frozen=True, slots=True)
class Words:
    """noun, title: of one and of the list. badge: beside a name, "" for the usual kind. rule: which of them wins.
    purpose: what the empty list says.
    """

    kind: str
    noun: str
    title: str
    icon: str
    badge: str
    rule: str
    purpose: str

    @property
    def takes_all(self) -> bool:
        """Whether it may set any parameter, and overwrite sessions."""
        return self.kind in (ProfileKind.STANDARD, ProfileKind.PRIORITY)


WORDS = {
    words.kind: words
    for words in (
        Words(
            ProfileKind.STANDARD.value,
            "profile",
            "Profiles",
            "sliders-horizontal",
            "",
            "Standard profile: the one assigned closest to the device wins.",
            "A profile is a set of settings. Assign it to a directory and all devices below take it over; the one "
            "closest to the device wins.",
        ),
        Words(
            ProfileKind.PRIORITY.value,
            "priority profile",
            "Priority Profiles",
            "shield",
            "priority",
            "Priority profile: beats all standard profiles; among priority profiles the one assigned further away "
            "wins.",
            "A priority profile beats all standard profiles, and the one assigned furthest from the device wins. Use "
            "it for what nobody below you may change.",
        ),
        Words(
            ProfileKind.CUSTOMIZATION.value,
            "firmware customization",
            "Firmware Customizations",
            "palette",
            "customization",
            "Firmware customization: beats standard profiles, not priority profiles. Of one use case a device has one: "
            "the closest.",
            "A firmware customization gives devices your look: the wallpaper, the boot splash, the screen saver or the "
            "taskbar. It beats standard profiles, and of one use case the closest counts.",
        ),
        Words(
            ProfileKind.UPDATE.value,
            "universal firmware update",
            "Universal Firmware Updates",
            "hard-drive-download",
            "update",
            "Universal firmware update: its six fields beat every profile, priority profiles included; the closest "
            "wins.",
            "A universal firmware update tells devices where they get their firmware from. It beats every profile, "
            "priority profiles included; the closest counts.",
        ),
    )
}
"""By kind, in the order of the tree."""


def kind_of_rank(rank: Rank) -> str:
    """The kind of the profiles that have a rank; "" for what is no profile."""
    if rank.is_priority:
        return ProfileKind.PRIORITY.value
    if Rank.STANDARD_USER <= rank <= Rank.STANDARD_DIRECTORY:
        return ProfileKind.STANDARD.value
    return {
        Rank.CUSTOMIZATION: ProfileKind.CUSTOMIZATION.value,
        Rank.FIRMWARE_UPDATE: ProfileKind.UPDATE.value,
    }.get(rank, "")


def switched_on(profile: str = "") -> Q:
    """Condition: the kind is not switched off. `profile`: the way to it from the rows that are asked, "profile__"."""
    return ~Q(**{f"{profile}kind": ProfileKind.PRIORITY}) | enabled_in_query(PRIORITY_PROFILES)


def counting(profile: str = "") -> Q:
    """Condition: it is in force, that is, neither switched off nor in the recycle bin."""
    return Q(**{f"{profile}deleted_at": None}) & switched_on(profile)
