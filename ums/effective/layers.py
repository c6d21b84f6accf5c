"""From rows to layers: what counts for each device, read in bulk and shared where it is the same.

1. Six queries for any number of devices: devices, ancestors of their directories, assignments, revisions that are
   not remembered yet, local settings, settings states.
2. Devices with the same catalogue, the same assignments at the same distances and the same local settings share one
   `Plan`; its result is computed once and remembered (`ums.effective.selectors`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Q
from django.db.models.functions import Coalesce

from ums.devices.models import Device, LocalSettings, SettingsState
from ums.devices.selectors import directory_ancestors
from ums.domain.contribution import contribution
from ums.domain.effectiveness import Layer, Rank
from ums.domain.principals import RANKS as USER_RANKS
from ums.domain.principals import Principal, group_name
from ums.profiles.assigned import RANKS
from ums.profiles.content import catalogue_of, unsealed
from ums.profiles.models import Assignment, Catalogue, Profile, Revision
from ums.profiles.selectors import version_key

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ums.domain.parameters import Catalogue as CatalogueContent
    from ums.domain.parameters import Settings, Value


@dataclass(frozen=True, slots=True)
class PrincipalAssignment:
    """A profile on a user, a group or an OU, as it reaches who is logged in (`ums.domain.principals`)."""

    principal: Principal
    profile_id: int


@dataclass(frozen=True, slots=True)
class Part:
    """One assignment as a device sees it. `name`: of the group, for ranks of groups."""

    rank: Rank
    distance: int
    name: str
    profile_id: int
    revision_id: int
    use_case: str
    label: str = field(compare=False)
    place: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that decides a device's settings. Equal plans have equal results."""

    catalogue_id: int | None
    checksum: str
    parts: tuple[Part, ...]
    local: str
    """The device's own configuration as canonical JSON, secrets sealed; "" for none."""
    keys: tuple[tuple[str, Value], ...] = ()
    """Values of the template keys that the profiles use, by name, as they reach the device."""


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """A plan, and the state of the device when it was read: read before the layers, so that a later change shows."""

    plan: Plan
    seq: int
    pending: bool
    deferred: bool
    boot_id: str


_OF_PROFILE = ("kind", "name", "head_id", "use_case", "based_on__os")


@dataclass(frozen=True, slots=True)
class _Row:
    profile_id: int
    kind: str
    name: str
    head_id: int
    use_case: str
    os: str
    device_id: int | None = None
    directory_id: int | None = None
    directory: str | None = None


def plans_for_devices(
    device_ids: Collection[int], logins: Mapping[int, Sequence[PrincipalAssignment]] = MappingProxyType({})
) -> dict[int, DevicePlan]:
    """The plan of each device that exists. `logins`: what reaches the users who are logged in, by device."""
    states = {
        pk: (seq, pending, deferred, boot_id)
        for pk, seq, pending, deferred, boot_id in SettingsState.objects.filter(pk__in=device_ids).values_list(
            "pk", "seq", "pending", "deferred", "boot_id"
        )
    }
    devices = list(
        Device.objects.filter(pk__in=device_ids)
        .order_by()
        .values_list("pk", "directory_id", "firmware", "firmware_version")
    )
    ancestors = directory_ancestors(directory_ids={directory for _, directory, _, _ in devices})
    above = {pk for chain in ancestors.values() for pk in chain}
    on_device, on_directory = _assignments(device_ids, above)
    of_user = _of_users(logins)
    local = {
        pk: msgspec.json.encode(content, order="sorted").decode()
        for pk, content in LocalSettings.objects.filter(pk__in=device_ids).values_list("pk", "content")
        if content.get("values") or content.get("instances")
    }
    catalogues = _Catalogues()
    shared: dict[tuple[int, str, str], Plan] = {}
    plans: dict[int, DevicePlan] = {}
    for pk, directory_id, firmware, version in devices:
        common = (directory_id, firmware, version)
        alone = pk in on_device or pk in local or pk in of_user
        plan = None if alone else shared.get(common)
        if plan is None:
            catalogue = catalogues.of_firmware(firmware, version)
            rows = [(row, 0) for row in on_device.get(pk, ())]
            for distance, directory in enumerate(ancestors.get(directory_id, ()), start=1):
                rows.extend((row, distance) for row in on_directory.get(directory, ()))
            # A profile for another kind of OS is ignored (domain/profiles.md §1, vector 34).
            parts = [_part(row, distance) for row, distance in rows if catalogue and row.os == catalogue.os]
            parts += [part for os, part in of_user.get(pk, ()) if catalogue and os == catalogue.os]
            plan = Plan(
                catalogue.pk if catalogue else None,
                catalogue.checksum if catalogue else "",
                tuple(sorted(parts, key=lambda part: (part.rank, part.distance, part.name, part.profile_id))),
                local.get(pk, ""),
            )
            if not alone:
                shared[common] = plan
        seq, pending, deferred, boot_id = states.get(pk, (1, True, False, ""))
        plans[pk] = DevicePlan(plan, seq, pending, deferred, boot_id)
    return plans


def layers_of(plan: Plan) -> list[Layer]:
    """The layers of a plan, with readable secrets."""
    revisions = _settings_of_revisions([part.revision_id for part in plan.parts])
    keys = dict(plan.keys)
    layers = []
    for part in plan.parts:
        revision = revisions[part.revision_id]
        counting = contribution(revision.catalogue, revision.settings, keys, per_user=part.rank.is_of_user)
        layers.append(
            Layer(
                part.rank,
                part.profile_id,
                part.label,
                counting.values,
                counting.instances,
                overwrite_sessions=revision.overwrite_sessions,
                distance=part.distance,
                name=part.name,
                place=part.place,
                use_case=part.use_case,
                ignored=counting.ignored,
            )
        )
    if plan.local and plan.catalogue_id is not None:
        row = Catalogue.objects.defer("definition").get(pk=plan.catalogue_id)
        own = contribution(catalogue_of(row), unsealed(catalogue_of(row), msgspec.json.decode(plan.local)), {})
        layers.append(Layer(Rank.LOCAL, 0, "Local setting", own.values, own.instances))
    return layers


class _Catalogues:
    """Which catalogue a firmware has: its own version, else the newest that is older, else the newest there is."""

    def __init__(self) -> None:
        self._rows = list(Catalogue.objects.defer("definition"))
        self._found: dict[tuple[str, str], Catalogue | None] = {}

    def of_firmware(self, name: str, version: str) -> Catalogue | None:
        key = (name, version)
        if key not in self._found:
            rows = [row for row in self._rows if row.name == name] or (self._rows if not name else [])
            older = [row for row in rows if version_key(row.version) <= version_key(version)]
            self._found[key] = max(older or rows, key=lambda row: version_key(row.version), default=None)
        return self._found[key]


def _assignments(
    device_ids: Collection[int], directory_ids: Collection[int]
) -> tuple[dict[int, list[_Row]], dict[int, list[_Row]]]:
    on_device: dict[int, list[_Row]] = defaultdict(list)
    on_directory: dict[int, list[_Row]] = defaultdict(list)
    # What lies in the recycle bin counts for nothing (vector 38).
    rows = Assignment.objects.filter(
        Q(device__in=device_ids) | Q(directory__in=directory_ids), profile__deleted_at=None
    ).order_by()
    for values in rows.values_list(
        "profile_id",
        *(f"profile__{name}" for name in _OF_PROFILE),
        "device_id",
        "directory_id",
        "directory__name",
    ):
        row = _Row(*values)
        if row.device_id is not None:
            on_device[row.device_id].append(row)
        elif row.directory_id is not None:
            on_directory[row.directory_id].append(row)
    return on_device, on_directory


def _part(row: _Row, distance: int) -> Part:
    on_device = row.device_id is not None
    place = "the device" if on_device else f"directory {row.directory}"
    rank = RANKS[row.kind, on_device]
    return Part(rank, distance, "", row.profile_id, row.head_id, row.use_case, row.name, place)


def _of_users(logins: Mapping[int, Sequence[PrincipalAssignment]]) -> dict[int, list[tuple[str, Part]]]:
    """By device: the OS of each profile that reaches its user, and the part that it is."""
    ids = {one.profile_id for reached in logins.values() for one in reached}
    if not ids:
        return {}
    profiles = Profile.objects.filter(pk__in=ids, deleted_at=None).order_by().values_list("pk", *_OF_PROFILE)
    known = {row.profile_id: row for row in (_Row(*values) for values in profiles)}
    found: dict[int, list[tuple[str, Part]]] = defaultdict(list)
    for device_id, reached in logins.items():
        for row, principal in ((known.get(one.profile_id), one.principal) for one in reached):
            # Firmware customizations and updates do not exist for users (domain/profiles.md §5, g).
            rank = USER_RANKS.get((row.kind, principal.kind)) if row else None
            if row and rank is not None:
                name = group_name(principal)
                part = Part(rank, principal.distance, name, row.profile_id, row.head_id, "", row.name, principal.place)
                found[device_id].append((row.os, part))
    return found


@dataclass(frozen=True, slots=True)
class _Remembered:
    catalogue: CatalogueContent
    settings: Settings
    overwrite_sessions: bool


MAX_REMEMBERED = 4096
_REMEMBERED: dict[tuple[int, str], _Remembered] = {}
"""Revisions never change, but what is a secret in them does with their catalogue: kept by its checksum too."""


def _settings_of_revisions(pks: list[int]) -> dict[int, _Remembered]:
    checksums = dict(
        Revision.objects.filter(pk__in=pks)
        .order_by()
        .values_list("pk", Coalesce("based_on__checksum", "profile__based_on__checksum"))
    )
    missing = [pk for pk in pks if (pk, checksums[pk]) not in _REMEMBERED]
    if missing:
        if len(_REMEMBERED) + len(missing) > MAX_REMEMBERED:
            _REMEMBERED.clear()
        _REMEMBERED.update({(pk, checksums[pk]): read for pk, read in _read(missing).items()})
    return {pk: _REMEMBERED[pk, checksums[pk]] for pk in pks}


def _read(pks: list[int]) -> dict[int, _Remembered]:
    rows = (
        Revision.objects.filter(pk__in=pks)
        .select_related("based_on", "profile__based_on")
        .defer("based_on__definition", "profile__based_on__definition")
    )
    found = {}
    for row in rows:
        catalogue = catalogue_of(row.based_on or row.profile.based_on)
        found[row.pk] = _Remembered(catalogue, unsealed(catalogue, row.content), row.overwrite_sessions)
    return found
