"""What a profile sets beside what a device has: equal, different, or without effect because of something else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ums.core.errors import AppError
from ums.domain.effectiveness import Effective, Explanation, Layer, Rank, explain, explain_instance, order, resolve
from ums.domain.parameters import Instance, Settings
from ums.effective.layers import layers_of, plans_for_devices
from ums.profiles.comparison import Group, Places, Row, Side, Sign, instance_group, row_of
from ums.profiles.content import catalogue_of
from ums.profiles.models import Catalogue as CatalogueRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ums.devices.models import Device
    from ums.domain.parameters import Catalogue, Given, Value
    from ums.effective.layers import Plan
    from ums.profiles.models import Profile

TAKES_EFFECT = "Takes effect"


@dataclass(frozen=True, slots=True)
class DeviceComparison:
    """The groups of the table; layers: the ways in which the profile reaches the device."""

    groups: list[Group]
    layers: tuple[Layer, ...]

    @property
    def counts(self) -> bool:
        """Whether the profile is assigned to the device, or to a directory above it, and not ignored there."""
        return bool(self.layers)


def profile_on_device(*, profile: Profile, side: Side, device: Device) -> DeviceComparison:
    """The settings of the profile's head, each with what the device has there and why.

    The caller has checked that both may be read. Secrets are shown masked, and those that the device has from
    elsewhere are not compared.
    """
    plan = plans_for_devices([device.pk])[device.pk].plan
    catalogue = _catalogue(plan) or side.catalogue
    effective = resolve(order(layers_of(plan)), catalogue.defaults)
    places = Places(side.catalogue, catalogue)
    mine = tuple(layer for layer in effective.layers if _is(layer, profile))
    groups: dict[tuple[str, str], Group] = {}
    for path in sorted(side.settings.values, key=places.rank):
        shown = _row(places, effective, profile, path, side.settings.values[path], catalogue.defaults)
        key = (places.page(path), places.fixed(path))
        group = groups.get(key, Group(*key))
        groups[key] = replace(group, rows=(*group.rows, shown))
    found = [*groups.values()]
    found += [
        _instance(places, effective, profile, serial, instance) for serial, instance in side.settings.instances.items()
    ]
    found.sort(key=lambda group: (places.order(group.page), bool(group.instance)))
    return DeviceComparison(found, mine)


def device_side(device: Device) -> Side:
    """What a device has while nobody is logged in, with readable secrets: for what is made of it, not for people.

    Raises AppError when there is no catalogue for its firmware.
    """
    plan = plans_for_devices([device.pk], {})[device.pk].plan
    catalogue = _catalogue(plan)
    if catalogue is None:
        raise AppError("catalogue_missing", f"There is no parameter catalogue for the firmware of “{device.name}”.")
    effective = resolve(layers_of(plan), catalogue.defaults)
    return Side(catalogue, Settings(effective.values, effective.instances))


def _catalogue(plan: Plan) -> Catalogue | None:
    row = CatalogueRow.objects.defer("definition").filter(pk=plan.catalogue_id).first() if plan.catalogue_id else None
    return catalogue_of(row) if row else None


def _row(
    places: Places,
    effective: Effective,
    profile: Profile,
    path: str,
    given: Given,
    defaults: Mapping[str, Value],
) -> Row:
    why = explain(effective, defaults, path)
    row = row_of(places, path, path, given, why.value, blind=True)
    if why.winner is not None and _is(why.winner, profile):
        # What an expression comes to is no difference.
        return replace(row, sign=Sign.SAME, secret_changed=False, blind=False, note=TAKES_EFFECT)
    return replace(row, note=_reason(why, profile, same=row.sign is Sign.SAME))


def _reason(why: Explanation, profile: Profile, *, same: bool) -> str:
    """Why the device has its value though the profile sets the parameter."""
    if ignored := next((reason for layer, reason in why.ignored if _is(layer, profile)), ""):
        return f"Ignored: {ignored}"
    source = _source(why.winner)
    if any(_is(layer, profile) for layer, _ in why.losers):
        return f"The same value, from {source}" if same else f"Overridden. {why.rule}"
    return f"From {source}"


def _source(winner: Layer | None) -> str:
    if winner is None:
        return "the default of the firmware"
    if winner.rank is Rank.LOCAL:
        return "the device's own configuration"
    return f"“{winner.label}” on {winner.place}" if winner.place else f"“{winner.label}”"


def _instance(places: Places, effective: Effective, profile: Profile, serial: str, given: Instance) -> Group:
    why = explain_instance(effective, serial)
    there = why.instance
    values: Mapping[str, Given] = there.values if there else {}
    rows = [
        row_of(places, f"{serial}:{name}", f"{given.cls}.{name}", given.values.get(name), values.get(name), blind=True)
        for name in given.values.keys() | values.keys()
    ]
    if why.winner is not None and _is(why.winner, profile):
        rows = [replace(row, sign=Sign.SAME, secret_changed=False, blind=False) for row in rows]
        return instance_group(places, given, rows, Sign.SAME, TAKES_EFFECT)
    if there is None:
        return instance_group(places, given, rows, Sign.REMOVED, why.rule if why.removed_by else "Not on the device")
    return instance_group(places, given, rows, Sign.SAME, f"From {_source(why.winner)}")


def _is(layer: Layer, profile: Profile) -> bool:
    return layer.id == profile.pk and layer.rank is not Rank.LOCAL
