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
from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import Q

from ums.core.among import among
from ums.devices.models import Device, LocalSettings, SettingsState
from ums.devices.selectors import directory_ancestors
from ums.domain.contribution import contribution, without_unknown
from ums.domain.effectiveness import Layer, Rank
from ums.domain.principals import RANKS as USER_RANKS
from ums.domain.principals import Principal, group_name
from ums.effective.contents import Contents
from ums.effective.files import Files, files_in_use
from ums.effective.keys import with_keys
from ums.profiles.assigned import RANKS
from ums.profiles.content import catalogue_at, unsealed
from ums.profiles.kinds import counting
from ums.profiles.kinds import counting
from ums.profiles.models import Assignment, Catalogue, Profile
from ums.profiles.selectors import version_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ums.domain.files import Reaching
    from ums.domain.parameters import Value


@dataclass(frozen=True, slots=True)
class PrincipalAssignment:
    """A profile on a user, a group or an OU, as it reaches who is logged in (`ums.domain.principals`)."""

    principal: Principal
    profile_id: int


@dataclass(frozen=True, slots=True)
class Part:
    """One assignment as a device sees it. `name`: of the group, for ranks of groups. `keys`: template keys it uses."""

    rank: Rank
    distance: int
    name: str
    profile_id: int
    revision_id: int
    use_case: str
    keys: tuple[str, ...]
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
    keys: str = ""
    """Values of the template keys that the profiles use, as they reach the device: canonical JSON, in which 1 is
    neither 1.0 nor true; "" for none."""
    files: tuple[Reaching, ...] = ()
    """The files that reach the device, winners and losers."""


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """A plan, and the state of the device when it was read: read before the layers, so that a later change shows."""

    plan: Plan
    seq: int
    pending: bool
    deferred: bool
    boot_id: str


_OF_PROFILE = ("kind", "name", "head_id", "use_case", "based_on__os", "head__template_keys")


@dataclass(frozen=True, slots=True)
class _Row:
    profile_id: int
    kind: str
    name: str
    head_id: int
    use_case: str
    os: str
    keys: list[str]
    device_id: int | None = None
    directory_id: int | None = None
    directory: str | None = None


def plans_for_devices(
    device_ids: Collection[int], logins: Mapping[int, Sequence[PrincipalAssignment]] = MappingProxyType({})
) -> dict[int, DevicePlan]:
    """The plan of each device that exists, with its state. `logins`: as for `device_plans`."""
    states = {
        pk: state
        for pk, *state in SettingsState.objects.filter(pk__in=among(device_ids)).values_list(
            "pk", "seq", "pending", "deferred", "boot_id"
        )
    }
    plans = device_plans(device_ids, logins)
    return {pk: DevicePlan(plan, *states.get(pk, (1, True, False, ""))) for pk, plan in plans.items()}


def device_plans(
    device_ids: Collection[int], logins: Mapping[int, Sequence[PrincipalAssignment]] = MappingProxyType({})
) -> dict[int, Plan]:
    """The plan of each device that exists. `logins`: what reaches the users who are logged in, by device."""
    devices = list(
        Device.objects.filter(pk__in=among(device_ids))
        .order_by()
        .annotate(files=files_in_use())
        .values_list("pk", "directory_id", "firmware", "firmware_version", "files")
    )
    ancestors = directory_ancestors(directory_ids={directory for _, directory, *_ in devices})
    above = {pk for chain in ancestors.values() for pk in chain}
    on_device, on_directory = _assignments(device_ids, above)
    of_user = _of_users(logins)
    profiles = {row.profile_id for rows in (*on_device.values(), *on_directory.values()) for row in rows}
    profiles |= {part.profile_id for parts in of_user.values() for _, part in parts}
    files = Files(device_ids, above, profiles, used=any(used for *_, used in devices))
    local = {
        pk: msgspec.json.encode(content, order="sorted").decode()
        for pk, content in LocalSettings.objects.filter(pk__in=among(device_ids)).values_list("pk", "content")
        if content.get("values") or content.get("instances")
    }
    catalogues = _Catalogues()
    shared: dict[tuple[int, str, str], Plan] = {}
    plans: dict[int, Plan] = {}
    for pk, directory_id, firmware, version, _ in devices:
        common = (directory_id, firmware, version)
        alone = pk in on_device or pk in local or pk in of_user or pk in files.on_devices
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
                files=files.reaching(pk, ancestors.get(directory_id, ()), parts),
            )
            if not alone:
                shared[common] = plan
        plans[pk] = plan
    return with_keys(plans, {pk: directory_id for pk, directory_id, *_ in devices}, ancestors)


def contents_of(plans: Iterable[Plan]) -> Contents:
    """All that `layers_of` needs for these plans."""
    return Contents(part.revision_id for plan in plans for part in plan.parts)


def layers_of(plan: Plan, contents: Contents | None = None) -> list[Layer]:
    """The layers of a plan, with readable secrets. `contents`: for many plans, read at once."""
    return [layer for _, layer in named_layers(plan, contents or contents_of([plan]))]


def named_layers(plan: Plan, contents: Contents) -> list[tuple[Any, Layer]]:
    """The layers, each with a name of its content: layers of the same name hold the same."""
    keys: dict[str, Value] = msgspec.json.decode(plan.keys) if plan.keys else {}
    layers = []
    for part in plan.parts:
        name, counting = contents.contribution(part, keys)
        if part.rank is Rank.FIRMWARE_UPDATE and plan.catalogue_id is not None:
            # A field that the device does not have is skipped (domain/profiles.md §6).
            known = catalogue_at(plan.catalogue_id, plan.checksum)
            name, counting = (name, known), without_unknown(counting, known)
        layer = Layer(
            part.rank,
            part.profile_id,
            part.label,
            counting.values,
            counting.instances,
            overwrite_sessions=contents[part.revision_id].overwrite_sessions,
            distance=part.distance,
            name=part.name,
            place=part.place,
            use_case=part.use_case,
            ignored=counting.ignored,
            expressions=counting.expressions,
        )
        layers.append((name, layer))
    if plan.local and plan.catalogue_id is not None:
        catalogue = catalogue_at(plan.catalogue_id, plan.checksum)
        own = contribution(catalogue, unsealed(catalogue, msgspec.json.decode(plan.local)), {})
        layers.append((plan.local, Layer(Rank.LOCAL, 0, "Local setting", own.values, own.instances)))
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
    # What lies in the recycle bin or is switched off counts for nothing (vector 38).
    rows = Assignment.objects.filter(
        Q(device__in=among(device_ids)) | Q(directory__in=directory_ids), counting("profile__")
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
    keys = tuple(row.keys)
    return Part(rank, distance, "", row.profile_id, row.head_id, row.use_case, keys, row.name, place)


def _of_users(logins: Mapping[int, Sequence[PrincipalAssignment]]) -> dict[int, list[tuple[str, Part]]]:
    """By device: the OS of each profile that reaches its user, and the part that it is."""
    ids = {one.profile_id for reached in logins.values() for one in reached}
    if not ids:
        return {}
    profiles = Profile.objects.filter(counting(), pk__in=ids).order_by().values_list("pk", *_OF_PROFILE)
    known = {row.profile_id: row for row in (_Row(*values) for values in profiles)}
    found: dict[int, list[tuple[str, Part]]] = defaultdict(list)
    for device_id, reached in logins.items():
        for row, principal in ((known.get(one.profile_id), one.principal) for one in reached):
            # Firmware customizations and updates do not exist for users (domain/profiles.md §5, g).
            rank = USER_RANKS.get((row.kind, principal.kind)) if row else None
            if row and rank is not None:
                name = group_name(principal)
                of_part = (row.profile_id, row.head_id, "", tuple(row.keys), row.name, principal.place)
                part = Part(rank, principal.distance, name, *of_part)
                found[device_id].append((row.os, part))
    return found
