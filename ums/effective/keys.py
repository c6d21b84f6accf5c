"""Which values of template keys reach devices: read for many devices at once, and not at all while no profile uses any.

1. The value assigned nearest to the device counts: on itself, on its directory, on the one above …
2. On the same object a value of its own beats one of a group; then the higher id, the newer one.
3. Static keys come from the device; no other key has such a name.

The values are part of a device's `Plan`, and only those that the plan's profiles use: plans of devices that get the
same values are equal (docs/template-keys.md).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from django.db.models import Q

from ums.core.among import among
from ums.devices.models import Device, NetworkAdapter
from ums.domain.parameters import Adapter, StaticKey, static_keys
from ums.profiles.models import TemplateAssignment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ums.domain.parameters import Value
    from ums.effective.layers import Plan


class _Chain(NamedTuple):
    """Where a device is: its directory and those above it, nearest first; and the keys that it needs."""

    directories: tuple[int, ...]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Source:
    """The value of a key on a device, and where it comes from. `value_id`, `place`: none for a static key.

    place: the object that the value is assigned to, as words. group: the group that it is in there, "" for none.
    """

    name: str
    value: Value
    value_id: int | None = None
    place: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class _Assigned:
    source: Source
    by_group: bool
    given_id: int

    @property
    def strength(self) -> tuple[bool, int]:
        return self.by_group, -self.given_id


def with_keys(
    plans: dict[int, Plan], directories: Mapping[int, int], ancestors: Mapping[int, tuple[int, ...]]
) -> dict[int, Plan]:
    """The plans of devices with the values of the keys that their profiles use: at most four queries.

    directories: that of each device. ancestors: of these, from itself up to the root.
    """
    names: dict[int, frozenset[str]] = {}
    for plan in plans.values():
        if id(plan) not in names:
            names[id(plan)] = frozenset(name for part in plan.parts for name in part.keys)
    chains = {
        pk: _Chain(ancestors.get(directories[pk], ()), names[id(plan)]) for pk, plan in plans.items() if names[id(plan)]
    }
    if not chains:
        return plans
    shared: dict[tuple[int, str], Plan] = {}
    found = dict(plans)
    for pk, sources in _sources(chains).items():
        keys = msgspec.json.encode({name: source.value for name, source in sources.items()}, order="sorted").decode()
        same = (id(plans[pk]), keys)
        if same not in shared:
            shared[same] = replace(plans[pk], keys=keys)
        found[pk] = shared[same]
    return found


def key_sources(device_id: int, directories: tuple[int, ...], names: Iterable[str]) -> dict[str, Source]:
    """Where the values of these keys come from on one device; `directories`: its own and those above it."""
    chain = _Chain(directories, frozenset(names))
    return _sources({device_id: chain})[device_id] if chain.names else {}


def _sources(chains: Mapping[int, _Chain]) -> dict[int, dict[str, Source]]:
    names = frozenset().union(*(chain.names for chain in chains.values()))
    static = names & StaticKey.__members__.keys()
    on_devices, on_directories = _assigned(chains, names - static)
    of_devices = _static(
        [pk for pk, chain in chains.items() if chain.names & static], with_mac=StaticKey.MAC.value in static
    )
    above: dict[tuple[int, ...], dict[str, Source]] = {}
    found = {}
    for pk, chain in chains.items():
        if chain.directories not in above:
            above[chain.directories] = _nearest(on_directories.get(directory, {}) for directory in chain.directories)
        values = {**above[chain.directories], **on_devices.get(pk, {}), **of_devices.get(pk, {})}
        found[pk] = {name: source for name, source in sorted(values.items()) if name in chain.names}
    return found


def _nearest(steps: Iterable[Mapping[str, Source]]) -> dict[str, Source]:
    found: dict[str, Source] = {}
    for step in steps:
        found = {**step, **found}
    return found


_OBJECTS = ("device_id", "directory_id", "directory__name")


def _assigned(
    chains: Mapping[int, _Chain], names: Collection[str]
) -> tuple[dict[int, dict[str, Source]], dict[int, dict[str, Source]]]:
    """What counts on each device and on each directory, by the name of the key."""
    if not names:
        return {}, {}
    directories = {pk for chain in chains.values() for pk in chain.directories}
    rows = TemplateAssignment.objects.filter(Q(device__in=among(chains)) | Q(directory__in=directories)).order_by()
    own = rows.filter(value__key__name__in=names).values_list(
        *_OBJECTS, "value_id", "value__value", "value__key__name", "value_id"
    )
    grouped = rows.filter(group__values__key__name__in=names).values_list(
        *_OBJECTS, "group_id", "group__values__value", "group__values__key__name", "group__values__pk", "group__name"
    )
    candidates: dict[tuple[bool, int], dict[str, list[_Assigned]]] = defaultdict(lambda: defaultdict(list))
    for device, directory, label, given_id, value, name, value_id, *group in (*own, *grouped):
        place = f"directory {label}" if device is None else "the device"
        source = Source(name, value, value_id, place, group[0] if group else "")
        at = (device is not None, directory if device is None else device)
        candidates[at][name].append(_Assigned(source, bool(group), given_id))
    sides: tuple[dict[int, dict[str, Source]], dict[int, dict[str, Source]]] = ({}, {})
    for (on_device, pk), by_name in candidates.items():
        sides[0 if on_device else 1][pk] = {
            name: min(those, key=lambda one: one.strength).source for name, those in by_name.items()
        }
    return sides


def _static(device_ids: Collection[int], *, with_mac: bool) -> dict[int, dict[str, Source]]:
    if not device_ids:
        return {}
    adapters: dict[int, list[Adapter]] = defaultdict(list)
    if with_mac:
        rows = NetworkAdapter.objects.filter(device__in=among(device_ids)).order_by("name", "pk")
        for pk, mac, addresses in rows.values_list("device_id", "mac", "addresses"):
            adapters[pk].append(Adapter(mac, addresses))
    fields = ("name", "unit_id", "serial_number", "network_name", "ip_address")
    found = {}
    for row in Device.objects.filter(pk__in=among(device_ids)).order_by().values("pk", *fields):
        values = static_keys(**{field: row[field] for field in fields}, adapters=adapters.get(row["pk"], []))
        found[row["pk"]] = {name: Source(name, value) for name, value in values.items()}
    return found
