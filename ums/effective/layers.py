"""From rows to layers: what counts for each device, read in bulk and shared where it is the same.

1. Eight queries for any number of devices: devices, ancestors of their directories, assignments, their profiles, what
   reaches the users who are logged in, revisions that are not remembered yet, local settings, settings states.
2. Devices with the same catalogue, the same assignments at the same distances and the same local settings share one
   `Plan`; its result is computed once and remembered (`ums.effective.selectors`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from django.db.models import Q

from swp.reached import reached_for_devices
from ums.core.among import JoinedIds, among
from ums.devices.models import Device, LocalSettings, SettingsState
from ums.devices.selectors import directory_ancestors
from ums.domain.contribution import contribution, without_unknown
from ums.domain.effectiveness import Layer, Rank
from ums.domain.per_user import NONE, restrictions_of
from ums.domain.principals import RANKS as USER_RANKS
from ums.domain.principals import group_name
from ums.effective.contents import Contents
from ums.effective.files import Files, files_in_use
from ums.effective.keys import with_keys
from ums.profiles.assigned import RANKS
from ums.profiles.content import catalogue_at, unsealed
from ums.profiles.firmware import Firmwares
from ums.profiles.kinds import counting
from ums.profiles.models import Assignment, Catalogue, Profile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from swp.reached import PrincipalAssignment
    from ums.domain.files import Reaching
    from ums.domain.parameters import Value
    from ums.domain.per_user import Restrictions

    Logins = Mapping[int, Sequence[PrincipalAssignment]]
    """What reaches users, by the device that they are at."""


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

    def __hash__(self) -> int:
        # Plans are kept by their parts: what tells most of them apart is enough, and several times as quick.
        return hash((self.profile_id, self.revision_id, self.distance))


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
    per_user: Restrictions = NONE
    """What its firmware refuses to profiles of users; nothing while none reaches it."""

    @property
    def of_user(self) -> bool:
        """Whether profiles count because of a user."""
        return any(part.rank.is_of_user for part in self.parts)


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """A plan, and the state of the device when it was read: read before the layers, so that a later change shows."""

    plan: Plan
    seq: int
    pending: bool
    deferred: bool
    boot_id: str


@dataclass(frozen=True, slots=True)
class _Profile:
    pk: int
    kind: str
    name: str
    head_id: int
    use_case: str
    os: str
    keys: tuple[str, ...]


class _Row(NamedTuple):
    profile: _Profile
    on_device: bool
    place: str


def plans_for_devices(device_ids: Collection[int], logins: Logins | None = None) -> dict[int, DevicePlan]:
    """The plan of each device that exists, with its state. `logins`: as for `device_plans`."""
    states = {
        pk: state
        for pk, *state in SettingsState.objects.filter(pk__in=among(device_ids)).values_list(
            "pk", "seq", "pending", "deferred", "boot_id"
        )
    }
    plans = device_plans(device_ids, logins)
    return {pk: DevicePlan(plan, *states.get(pk, (1, True, False, ""))) for pk, plan in plans.items()}


def device_plans(device_ids: Collection[int], logins: Logins | None = None) -> dict[int, Plan]:
    """The plan of each device that exists. `logins`: as if these users were logged in; None: those who are."""
    # Grouped by the database: a row for each directory and firmware instead of one for each device.
    groups = list(
        Device.objects.filter(pk__in=among(device_ids))
        .order_by()
        .annotate(files=files_in_use())
        .values_list("directory_id", "firmware", "firmware_version", "files")
        .annotate(ids=JoinedIds("pk"))
    )
    ancestors = directory_ancestors(directory_ids={directory for directory, *_ in groups})
    above = {pk for chain in ancestors.values() for pk in chain}
    on_device, on_directory = _assignments(device_ids, above)
    of_user = _of_users(reached_for_devices(device_ids) if logins is None else logins)
    profiles = {row.profile.pk for rows in (*on_device.values(), *on_directory.values()) for row in rows}
    profiles |= {part.profile_id for parts in of_user.values() for _, part in parts}
    files = Files(device_ids, above, profiles, used=any(used for *_, used, _ in groups))
    local = {
        pk: msgspec.json.encode(content, order="sorted").decode()
        for pk, content in LocalSettings.objects.filter(pk__in=among(device_ids)).values_list("pk", "content")
        if content.get("values") or content.get("instances")
    }
    firmwares, part_of = Firmwares(Catalogue.objects.defer("definition")), _Parts()
    with_own = {*on_device, *local, *of_user, *files.on_devices}
    plans: dict[int, Plan] = {}
    directories: dict[int, int] = {}

    def planned(pk: int, directory_id: int, catalogue: Catalogue | None, version: str) -> Plan:
        rows = [(row, 0) for row in on_device.get(pk, ())]
        for distance, directory in enumerate(ancestors.get(directory_id, ()), start=1):
            rows.extend((row, distance) for row in on_directory.get(directory, ()))
        # A profile for another kind of OS is ignored (domain/profiles.md §1, vector 34).
        parts = [part_of(row, distance) for row, distance in rows if catalogue and row.profile.os == catalogue.os]
        of_its_user = [part for os, part in of_user.get(pk, ()) if catalogue and os == catalogue.os]
        parts += of_its_user
        per_user = restrictions_of(catalogue.os, version or catalogue.version) if catalogue and of_its_user else NONE
        return Plan(
            catalogue.pk if catalogue else None,
            catalogue.checksum if catalogue else "",
            tuple(sorted(parts, key=lambda part: (part.rank, part.distance, part.name, part.profile_id))),
            local.get(pk, ""),
            files=files.reaching(pk, ancestors.get(directory_id, ()), parts),
            per_user=per_user,
        )

    for directory_id, firmware, version, _, joined in groups:
        ids = list(map(int, joined.split(",")))
        catalogue = firmwares.catalogue_of(firmware, version)
        alone = with_own.intersection(ids) if with_own else with_own
        alike = [pk for pk in ids if pk not in alone] if alone else ids
        if alike:
            plans.update(zip(alike, repeat(planned(alike[0], directory_id, catalogue, version))))
        plans.update((pk, planned(pk, directory_id, catalogue, version)) for pk in alone)
        directories.update(zip(ids, repeat(directory_id)))
    return with_keys(plans, directories, ancestors)


def contents_of(plans: Iterable[Plan], like: Contents | None = None) -> Contents:
    """All that `layers_of` needs for these plans. `like`: what was read for similar ones shares its layers."""
    return Contents((part.revision_id for plan in plans for part in plan.parts), like.layers if like else None)


def layers_of(plan: Plan, contents: Contents | None = None) -> list[Layer]:
    """The layers of a plan, with readable secrets. `contents`: for many plans, read at once."""
    return [layer for _, layer in named_layers(plan, contents or contents_of([plan]))]


def shared_layers(plan: Plan, contents: Contents) -> list[Layer]:
    """The layers that all plans of `alike` have in common."""
    return [layer for _, layer in _of_parts([part for part in plan.parts if not part.keys], plan, contents)]


def own_layers(plan: Plan, contents: Contents) -> list[Layer]:
    """Its other layers: those with values of template keys, and the device's own configuration."""
    named = (*_of_parts([part for part in plan.parts if part.keys], plan, contents), *_local(plan))
    return [layer for _, layer in named]


def alike(plans: Iterable[Plan]) -> Iterable[list[Plan]]:
    """The plans in groups with the same catalogue and the same profiles at the same places."""
    groups: dict[Any, list[Plan]] = defaultdict(list)
    for plan in plans:
        groups[plan.catalogue_id, plan.checksum, plan.parts, plan.per_user, bool(plan.local)].append(plan)
    return groups.values()


def named_layers(plan: Plan, contents: Contents) -> list[tuple[Any, Layer]]:
    """The layers, each with a name of its content: layers of the same name hold the same."""
    return [*_of_parts(plan.parts, plan, contents), *_local(plan)]


def _of_parts(parts: Iterable[Part], plan: Plan, contents: Contents) -> list[tuple[Any, Layer]]:
    keys: dict[str, Value] = msgspec.json.decode(plan.keys) if plan.keys else {}
    return [_named_layer(part, plan, contents, keys) for part in parts]


def _local(plan: Plan) -> list[tuple[Any, Layer]]:
    if not plan.local or plan.catalogue_id is None:
        return []
    catalogue = catalogue_at(plan.catalogue_id, plan.checksum)
    own = contribution(catalogue, unsealed(catalogue, msgspec.json.decode(plan.local)), {})
    return [(plan.local, Layer(Rank.LOCAL, 0, "Local setting", own.values, own.instances))]


def _named_layer(part: Part, plan: Plan, contents: Contents, keys: Mapping[str, Value]) -> tuple[Any, Layer]:
    same = not part.keys and part.rank is not Rank.FIRMWARE_UPDATE
    content = contents[part.revision_id]
    restricted = plan.per_user if part.rank.is_of_user else NONE
    if same and (known := contents.layers.get((part, id(content), restricted))):
        return known[1:]
    name, counting = contents.contribution(part, keys, restricted)
    if part.rank is Rank.FIRMWARE_UPDATE and plan.catalogue_id is not None:
        # A field that the device does not have is skipped (domain/profiles.md §6).
        catalogue = catalogue_at(plan.catalogue_id, plan.checksum)
        name, counting = (name, catalogue), without_unknown(counting, catalogue)
    layer = Layer(
        part.rank,
        part.profile_id,
        part.label,
        counting.values,
        counting.instances,
        overwrite_sessions=content.overwrite_sessions,
        distance=part.distance,
        name=part.name,
        place=part.place,
        use_case=part.use_case,
        ignored=counting.ignored,
        expressions=counting.expressions,
        secrets=content.catalogue.secrets,
    )
    if same:
        contents.layers[part, id(content), restricted] = (content, name, layer)
    return name, layer


def _assignments(
    device_ids: Collection[int], directory_ids: Collection[int]
) -> tuple[dict[int, list[_Row]], dict[int, list[_Row]]]:
    on_device: dict[int, list[_Row]] = defaultdict(list)
    on_directory: dict[int, list[_Row]] = defaultdict(list)
    rows: list[tuple[int, int | None, int | None, str | None]] = list(
        Assignment.objects.filter(Q(device__in=among(device_ids)) | Q(directory__in=directory_ids))
        .order_by()
        .values_list("profile_id", "device_id", "directory_id", "directory__name")
    )
    profiles = _profiles({profile_id for profile_id, *_ in rows})
    for profile_id, device_id, directory_id, directory in rows:
        if (profile := profiles.get(profile_id)) is None:
            continue
        if device_id is not None:
            on_device[device_id].append(_Row(profile, True, "the device"))
        elif directory_id is not None:
            on_directory[directory_id].append(_Row(profile, False, f"directory {directory}"))
    return on_device, on_directory


def _profiles(ids: Collection[int]) -> dict[int, _Profile]:
    """Those of the profiles that count: what lies in the recycle bin or is switched off does not (vector 38)."""
    if not ids:
        return {}
    columns = ("pk", "kind", "name", "head_id", "use_case", "based_on__os", "head__template_keys")
    rows = Profile.objects.filter(counting(), pk__in=among(ids)).order_by().values_list(*columns)
    return {
        pk: _Profile(pk, kind, name, head or 0, use_case, os, tuple(keys))
        for pk, kind, name, head, use_case, os, keys in rows
    }


class _Parts:
    """Parts by row and distance: devices of many directories share them."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int], tuple[_Row, Part]] = {}

    def __call__(self, row: _Row, distance: int) -> Part:
        key = (id(row), distance)
        found = self._made.get(key)
        if found is None:
            one = row.profile
            rank = RANKS[one.kind, row.on_device]
            part = Part(rank, distance, "", one.pk, one.head_id, one.use_case, one.keys, one.name, row.place)
            found = self._made[key] = (row, part)
        return found[1]


def _of_users(logins: Logins) -> dict[int, list[tuple[str, Part]]]:
    """By device: the OS of each profile that reaches its user, and the part that it is."""
    known = _profiles({one.profile_id for reached in logins.values() for one in reached})
    found: dict[int, list[tuple[str, Part]]] = defaultdict(list)
    for device_id, reached in logins.items():
        for row, principal in ((known.get(one.profile_id), one.principal) for one in reached):
            # Firmware customizations and updates do not exist for users (domain/profiles.md §5, g).
            rank = USER_RANKS.get((row.kind, principal.kind)) if row else None
            if row and rank is not None:
                # Template keys do not count in profiles of users: none is looked up.
                of_part = (row.pk, row.head_id, "", (), row.name, principal.place)
                part = Part(rank, principal.distance, group_name(principal), *of_part)
                found[device_id].append((row.os, part))
    return found
