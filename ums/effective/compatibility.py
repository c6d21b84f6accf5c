"""What of a profile would have no effect if it were assigned to users: told before it happens.

The rules are those by which it is left out afterwards (`ums.domain.contribution`); the original does not check at all
(manual p. 52). Which of them hold depends on the firmware, so those of the devices that exist are looked at.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ums.devices.models import Device
from ums.domain.contribution import contribution
from ums.domain.per_user import restrictions_of
from ums.effective.table import fixed_name, instance_name
from ums.profiles.content import catalogue_of, masked
from ums.profiles.firmware import Firmwares
from ums.profiles.models import Catalogue as CatalogueRow

if TYPE_CHECKING:
    from ums.domain.parameters import Catalogue, Settings
    from ums.domain.per_user import Restrictions
    from ums.profiles.models import Profile

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Refused:
    """A setting without effect. key: path, "serial:name", or class of instances that are left out as a whole.

    within: the instance, and the page. versions: of the firmware it concerns; none when it is all of them.
    """

    key: str
    label: str
    within: str
    reason: str
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotForUsers:
    """total: settings of the profile. refused: those that have no effect, in the order of the catalogue."""

    total: int
    refused: tuple[Refused, ...]

    @property
    def count(self) -> int:
        """How many have no effect."""
        return len(self.refused)

    @property
    def by_reason(self) -> list[tuple[str, tuple[str, ...], list[Refused]]]:
        """As many as a dialog has room for: the reason, the versions that it holds for, and what it concerns."""
        groups: dict[tuple[str, tuple[str, ...]], list[Refused]] = defaultdict(list)
        for one in self.refused[:SHOWN]:
            groups[one.reason, one.versions].append(one)
        return [(*reason, lines) for reason, lines in groups.items()]

    @property
    def more(self) -> int:
        """How many others there are."""
        return max(0, len(self.refused) - SHOWN)


def not_for_users(*, profile: Profile) -> NotForUsers:
    """What of the head of a profile users cannot have. Three queries at most.

    The caller has checked that the profile may be read.
    """
    assert profile.head is not None, "a profile that is listed has a revision"
    catalogue = catalogue_of(profile.based_on)
    settings = masked(catalogue, profile.head.content)
    reasons: dict[str, str] = {}
    concerned: dict[str, set[str]] = defaultdict(set)
    firmware = _firmware(profile.based_on)
    for restrictions, versions in firmware.items():
        for key, reason in contribution(catalogue, settings, {}, per_user=restrictions).ignored.items():
            reasons.setdefault(key, reason)
            concerned[key] |= versions
    every = set().union(*firmware.values())
    order = {path: number for number, path in enumerate(catalogue.parameters)}
    lines = [
        _described(catalogue, settings, key, reason, () if concerned[key] == every else tuple(sorted(concerned[key])))
        for key, reason in sorted(reasons.items(), key=lambda pair: (order.get(pair[0], len(order)), pair[0]))
    ]
    return NotForUsers(len(settings.values) + len(settings.instances), tuple(lines))


def _firmware(based_on: CatalogueRow) -> dict[Restrictions, set[str]]:
    """What holds on the devices that can have the profile, and for which versions; as if there was one, without any."""
    firmwares = Firmwares(CatalogueRow.objects.defer("definition"))
    found: dict[Restrictions, set[str]] = defaultdict(set)
    rows = Device.objects.order_by().values_list("firmware", "firmware_version").distinct()
    for name, version in rows:
        catalogue = firmwares.catalogue_of(name, version)
        if catalogue is not None and catalogue.os == based_on.os:
            found[restrictions_of(catalogue.os, version or catalogue.version)].add(version or catalogue.version)
    return found or {restrictions_of(based_on.os, based_on.version): {based_on.version}}


def _described(catalogue: Catalogue, settings: Settings, key: str, reason: str, versions: tuple[str, ...]) -> Refused:
    serial, colon, name = key.rpartition(":")
    instance = settings.instances.get(serial) if colon else None
    path = f"{instance.cls}.{name}" if instance else key
    parameter = catalogue.find(path)
    if parameter is None:
        cls = catalogue.classes.get(key)
        return Refused(key, cls.label if cls else key, "", reason, versions)
    inside = instance_name(catalogue, instance.cls, instance.values) if instance else fixed_name(catalogue, path)
    page = " › ".join(step.title for step in catalogue.trail(parameter.page))
    return Refused(key, parameter.label, " · ".join(filter(None, (inside, page))), reason, versions)
