"""Which settings of a profile take effect on its devices, which never do, and because of whom."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ums.core.access import Action, restrict
from ums.domain.effectiveness import Layer, Rank, explain, explain_instance, resolve
from ums.domain.parameters import flat
from ums.effective.layers import contents_of, device_plans, named_layers
from ums.effective.table import fixed_name, instance_name
from ums.profiles.content import catalogue_at, catalogue_of, masked
from ums.profiles.kinds import kind_of_rank
from ums.profiles.selectors import devices_of_profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ums.domain.effectiveness import Effective
    from ums.domain.parameters import Catalogue, Given, Parameter, Settings
    from ums.effective.layers import Plan
    from ums.profiles.models import Profile

RIVALS = 3
"""Rivals that are named for each parameter."""


@dataclass(frozen=True, slots=True)
class Rival:
    """What is in the way of a setting on some devices. profile: 0 and kind: "" for anything but a profile.

    rule: why it comes first, in one sentence; of one of the places where it does.
    """

    profile: int
    label: str
    kind: str
    devices: int
    rule: str


@dataclass(frozen=True, slots=True)
class SettingEffect:
    """One parameter, or one free instance, of a profile. devices: on how many it takes effect."""

    key: str
    label: str
    within: str
    parameter: Parameter | None
    value: Given | None
    devices: int
    rivals: tuple[Rival, ...]


@dataclass(frozen=True, slots=True)
class ProfileEffect:
    """devices: those that the profile is assigned to and that the reader may read. without: those among them on which
    it does not count at all, because they have another operating system, or because its kind is switched off.
    """

    devices: int
    without: int
    settings: tuple[SettingEffect, ...]

    @property
    def nowhere(self) -> tuple[SettingEffect, ...]:
        """What takes effect on no device at all."""
        return tuple(one for one in self.settings if not one.devices)

    @property
    def partly(self) -> tuple[SettingEffect, ...]:
        """What takes effect on some devices."""
        return tuple(one for one in self.settings if 0 < one.devices < self.devices)

    @property
    def everywhere(self) -> tuple[SettingEffect, ...]:
        """What takes effect on all of them."""
        return tuple(one for one in self.settings if self.devices and one.devices == self.devices)


def profile_effect(*, profile: Profile, user: Any) -> ProfileEffect:
    """Look at all devices of a profile: the same number of queries for one and for thousands."""
    rows = restrict(devices_of_profile(profile=profile), user, Action.READ).order_by()
    plans = device_plans(set(rows.values_list("pk", flat=True)))
    assert profile.head is not None, "a profile that is listed has a revision"
    catalogue = catalogue_of(profile.based_on)
    settings = masked(catalogue, profile.head.content)
    counted = Counter(id(plan) for plan in plans.values())
    found = _Effects(profile.pk, settings)
    for plan, devices, layers in _distinct({id(plan): plan for plan in plans.values()}.values(), counted):
        found.add(plan, devices, layers)
    return ProfileEffect(len(plans), found.without, tuple(found.lines(catalogue, settings)))


def _distinct(plans: Iterable[Plan], counted: Counter[int]) -> Iterator[tuple[Plan, int, list[Layer]]]:
    """Plans, on how many devices each is, and its layers. Plans that come to the same are one."""
    plans = list(plans)
    contents = contents_of(plans)
    devices: Counter[Any] = Counter()
    first: dict[Any, tuple[Plan, list[Layer]]] = {}
    for plan in plans:
        named = sorted(named_layers(plan, contents), key=lambda pair: pair[1].strength)
        key = (plan.catalogue_id, plan.checksum, tuple((name, layer.rank, layer.id) for name, layer in named))
        devices[key] += counted[id(plan)]
        first.setdefault(key, (plan, [layer for _, layer in named]))
    return ((plan, devices[key], layers) for key, (plan, layers) in first.items())


@dataclass(slots=True)
class _Effects:
    """Counts, plan by plan. Keys are paths, and serials of free instances."""

    profile: int
    settings: Settings
    without: int = 0
    devices: Counter[str] = field(default_factory=Counter)
    against: dict[str, Counter[tuple[int, str, str]]] = field(default_factory=dict)
    rules: dict[tuple[str, int, str, str], str] = field(default_factory=dict)

    def add(self, plan: Plan, devices: int, layers: list[Layer]) -> None:
        """What one plan says, which so many devices have."""
        own = [layer for layer in layers if layer.id == self.profile and layer.rank < Rank.LOCAL]
        if not own:
            self.without += devices
            return
        defaults = catalogue_at(plan.catalogue_id, plan.checksum).defaults if plan.catalogue_id is not None else {}
        effective = resolve(layers, defaults)
        for path in self.settings.values:
            winner = effective.winners.get(path)
            if winner is not None and winner.id == self.profile and winner.rank < Rank.LOCAL:
                self.devices[path] += devices
            else:
                reason = next((layer.ignored[path] for layer in own if path in layer.ignored), "")
                self._lost(path, winner, devices, reason, effective)
        for serial in self.settings.instances:
            winner = effective.instance_winners.get(serial)
            if winner is not None and winner.id == self.profile:
                self.devices[serial] += devices
            else:
                why = explain_instance(effective, serial)
                self._lost(serial, why.removed_by or why.winner, devices, why.rule, effective)

    def _lost(self, key: str, winner: Layer | None, devices: int, reason: str, effective: Effective) -> None:
        rival = (0, "", "")
        if winner is not None and winner.rank < Rank.LOCAL:
            rival = (winner.id, winner.label, kind_of_rank(winner.rank))
        self.against.setdefault(key, Counter())[rival] += devices
        if (key, *rival) not in self.rules:
            self.rules[key, *rival] = reason or explain(effective, {}, key).rule

    def lines(self, catalogue: Catalogue, settings: Settings) -> Iterator[SettingEffect]:
        """In the order of the catalogue."""
        order = {path: number for number, path in enumerate(catalogue.parameters)}
        values = flat(settings)
        places = {path: parameter for path in settings.values if (parameter := catalogue.find(path))}
        for path in sorted(
            settings.values, key=lambda path: order.get(getattr(places.get(path), "path", ""), len(order))
        ):
            parameter = places.get(path)
            trail = catalogue.trail(parameter.page) if parameter else ()
            within = [fixed_name(catalogue, path)] if parameter and "%" in parameter.path else []
            within += [" › ".join(page.title for page in trail)]
            label = parameter.label if parameter else path
            yield self._line(path, label, " · ".join(filter(None, within)), parameter, values[path])
        for serial, instance in settings.instances.items():
            cls = catalogue.classes.get(instance.cls)
            name = instance_name(catalogue, instance.cls, instance.values)
            yield self._line(serial, name, cls.label if cls else instance.cls, None, None)

    def _line(
        self, key: str, label: str, within: str, parameter: Parameter | None, value: Given | None
    ) -> SettingEffect:
        rivals = tuple(
            Rival(pk, name, kind, devices, self.rules[key, pk, name, kind])
            for (pk, name, kind), devices in self.against.get(key, Counter()).most_common(RIVALS)
        )
        return SettingEffect(key, label, within, parameter, value, self.devices[key], rivals)
