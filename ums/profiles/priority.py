"""Priority profiles as a feature: what is in use, and whom switching concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ums.devices.services import settings_changed, structure_locked
from ums.features.registry import Declared
from ums.live.messages import TreeChanged
from ums.live.publish import publish_on_commit
from ums.profiles.kinds import PRIORITY_PROFILES
from ums.profiles.models import Profile, ProfileKind
from ums.profiles.selectors import devices_of_profiles

if TYPE_CHECKING:
    from ums.core.actor import Actor


def _ids() -> set[int]:
    return set(Profile.objects.filter(kind=ProfileKind.PRIORITY, deleted_at=None).values_list("pk", flat=True))


def _in_use() -> str:
    profiles = _ids()
    if not profiles:
        return ""
    devices = devices_of_profiles(profiles=profiles).count()
    there = "1 priority profile is" if len(profiles) == 1 else f"{len(profiles):,} priority profiles are"
    reached = "1 device" if devices == 1 else f"{devices:,} devices" if devices else "no device"
    return f"{there} there, in force on {reached}."


def _switched(actor: Actor) -> None:
    structure_locked()
    settings_changed(actor=actor, devices=devices_of_profiles(profiles=_ids()))
    publish_on_commit(TreeChanged())


FEATURE = Declared(
    name=PRIORITY_PROFILES,
    label="Priority profiles",
    help="Profiles of a tree of their own that beat all standard profiles: the one assigned furthest from the device "
    "wins. For administrators who must force values without taking rights from others. Use them sparingly.",
    default=True,
    in_use=_in_use,
    switched=_switched,
)
