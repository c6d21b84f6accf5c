"""Effective settings of devices: for the devices themselves, and explained for people."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, cast

import msgspec

from ums.core.crypto import derived_key
from ums.core.trial import current_trial
from ums.devices.selectors import directory_ancestors
from ums.domain.effectiveness import Effective, Layer, Rank, Stack, explain, order, resolve, tag
from ums.domain.files import placed
from ums.domain.parameters import Catalogue, Instance
from ums.domain.protocol import BodyInstance, SettingsBody, encode
from ums.effective.files import entries, tag_with_files
from ums.effective.keys import key_sources
from ums.effective.layers import (
    DevicePlan,
    Plan,
    alike,
    contents_of,
    layers_of,
    own_layers,
    plans_for_devices,
    shared_layers,
)
from ums.profiles.content import MASK, catalogue_at

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from swp.reached import PrincipalAssignment
    from ums.devices.models import Device
    from ums.domain.effectiveness import Explanation
    from ums.domain.files import Placed
    from ums.domain.parameters import Parameter, Value
    from ums.effective.keys import Source
    from ums.effective.layers import Logins


@dataclass(frozen=True, slots=True)
class Result:
    """What a device with a certain plan should have. `body` is ready to be sent."""

    tag: str
    body: msgspec.Raw
    files: frozenset[str] = frozenset()
    """SHA-256 of the contents that the device may fetch."""


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """The state of one device and the result of its plan."""

    state: DevicePlan
    result: Result


class _Memo:
    """Results by plan, the least recently used leave first. Holds secrets: in memory only."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._results: OrderedDict[Plan, Result] = OrderedDict()
        self._lock = Lock()

    def results(self, plans: Iterable[Plan]) -> dict[int, Result]:
        """The result of each plan, by its identity; what is not remembered is computed, equal plans once."""
        found: dict[int, Result] = {}
        missing: dict[Plan, list[int]] = {}
        remembered = {} if current_trial() else self._results
        with self._lock:
            for plan in plans:
                if plan in remembered:
                    self._results.move_to_end(plan)
                    found[id(plan)] = remembered[plan]
                else:
                    missing.setdefault(plan, []).append(id(plan))
        for plan, result in _computed(missing):
            found.update(dict.fromkeys(missing[plan], result))
            if not current_trial():
                self._remember(plan, result)
        return found

    def _remember(self, plan: Plan, result: Result) -> None:
        with self._lock:
            self._results[plan] = result
            while len(self._results) > self._size:
                self._results.popitem(last=False)


_memo = _Memo(2000)


def settings_for_devices(*, device_ids: Collection[int], logins: Logins | None = None) -> dict[int, DeviceSettings]:
    """What each device should have: a constant number of queries, one computation for each distinct plan.

    `logins`: as if these users were logged in; None: those who are.
    """
    plans = plans_for_devices(device_ids, logins)
    results = _memo.results({id(state.plan): state.plan for state in plans.values()}.values())
    return {pk: DeviceSettings(state, results[id(state.plan)]) for pk, state in plans.items()}


def _computed(plans: Collection[Plan]) -> Iterator[tuple[Plan, Result]]:
    """Each plan with its result. What they have in common is read once, and what is alike in them made once."""
    if not plans:
        return
    contents = contents_of(plans)
    # In the order of their catalogues, of which only some are remembered.
    for group in sorted(alike(plans), key=lambda group: group[0].catalogue_id or 0):
        first = group[0]
        catalogue = _catalogue(first)
        defaults = catalogue.defaults if catalogue else {}
        if len(group) == 1:
            yield first, _result(resolve(layers_of(first, contents), defaults), catalogue, first)
            continue
        stack = Stack(shared_layers(first, contents), own_layers(first, contents), defaults)
        for plan in group:
            yield plan, _result(stack.resolve(own_layers(plan, contents)), catalogue, plan)


def _result(effective: Effective, catalogue: Catalogue | None, plan: Plan) -> Result:
    locked = sorted(path for path, layer in effective.winners.items() if layer.rank is not Rank.LOCAL)
    body = SettingsBody(
        values=effective.values,
        instances={
            serial: BodyInstance(instance.cls, _with_defaults(catalogue, instance))
            for serial, instance in effective.instances.items()
        },
        locked=locked,
        files=entries(plan.files),
    )
    name = tag_with_files(_tag(effective, catalogue), body.files)
    return Result(name, msgspec.Raw(encode(body)), frozenset(file.sha256 for file in body.files))


def _tag(effective: Effective, catalogue: Catalogue | None) -> str:
    return tag(effective, derived_key("settings tag"), catalogue.digest if catalogue else None)


def _catalogue(plan: Plan) -> Catalogue | None:
    return None if plan.catalogue_id is None else catalogue_at(plan.catalogue_id, plan.checksum)


def _with_defaults(catalogue: Catalogue | None, instance: Instance) -> dict[str, Value]:
    defaults = catalogue.instance_defaults.get(instance.cls, {}) if catalogue else {}
    return {**defaults, **cast("Mapping[str, Value]", instance.values)}


@dataclass(frozen=True, slots=True)
class Explained:
    """One parameter of a device for a person: secrets are masked."""

    path: str
    parameter: Parameter | None
    explanation: Explanation

    @property
    def source(self) -> str:
        """`profile`, `local` or `default`."""
        winner = self.explanation.winner
        return "default" if winner is None else "local" if winner.rank is Rank.LOCAL else "profile"

    @property
    def overridden(self) -> bool:
        """Whether another layer would set it as well."""
        return bool(self.explanation.losers)


@dataclass(frozen=True, slots=True)
class ExplainedInstance:
    """A free instance of a device, where it comes from, and its values (secrets masked)."""

    serial: str
    instance: Instance
    winner: Layer
    label: str


@dataclass(frozen=True, slots=True)
class DeviceExplained:
    """Effective settings of a device with provenance, for people: secrets are masked, but `tag` is the real one."""

    catalogue: Catalogue | None
    tag: str
    effective: Effective
    parameters: tuple[Explained, ...]
    instances: tuple[ExplainedInstance, ...]
    files: tuple[Placed, ...]
    keys: Mapping[str, Source]
    """Where the values of template keys come from, by name."""


def settings_explained(*, device: Device, login: Sequence[PrincipalAssignment] | None = None) -> DeviceExplained:
    """Every parameter of the device with its value, the winner, the losers in order and the rule that decided.

    `login`: what reaches a user, as if it were logged in there, () as if nobody were; None: who is logged in counts.
    """
    plan = plans_for_devices([device.pk], None if login is None else {device.pk: login})[device.pk].plan
    catalogue = _catalogue(plan)
    defaults = catalogue.defaults if catalogue else {}
    layers = order(layers_of(plan))
    name = tag_with_files(_tag(resolve(layers, defaults), catalogue), entries(plan.files))
    secrets = frozenset().union(*{layer.secrets for layer in layers})
    shown = [_masked(layer, catalogue, secrets) for layer in layers]
    effective = resolve(shown, defaults)
    paths = sorted(effective.values) if catalogue is None else [*defaults, *_beyond(effective, defaults)]
    parameters = tuple(
        Explained(path, catalogue.find(path) if catalogue else None, explain(effective, defaults, path))
        for path in paths
    )
    instances = tuple(
        ExplainedInstance(
            serial,
            instance,
            effective.instance_winners[serial],
            catalogue.classes[instance.cls].label if catalogue and instance.cls in catalogue.classes else instance.cls,
        )
        for serial, instance in sorted(effective.instances.items(), key=lambda item: (item[1].cls, item[0]))
    )
    keys = _sources(device, plan)
    return DeviceExplained(catalogue, name, effective, parameters, instances, placed(plan.files), keys)


def _sources(device: Device, plan: Plan) -> dict[str, Source]:
    """No query when no profile uses a key."""
    names = {name for part in plan.parts for name in part.keys}
    if not names:
        return {}
    above = directory_ancestors(directory_ids=[device.directory_id])[device.directory_id]
    return key_sources(device.pk, above, names)


def _beyond(effective: Effective, defaults: Mapping[str, Value]) -> Iterator[str]:
    """What a profile sets, effective or not, and the device's catalogue does not know."""
    known = {path for layer in effective.layers for path in layer.ignored if not _in_instance(layer, path)}
    return (path for path in sorted(known | effective.winners.keys()) if path not in defaults)


def _in_instance(layer: Layer, key: str) -> bool:
    """Whether a key of `ignored` is "serial:name" and no path."""
    return key.rpartition(":")[0] in layer.instances


def _masked(layer: Layer, catalogue: Catalogue | None, secrets: frozenset[str]) -> Layer:
    """The layer for people. secrets: what is one by the catalogues that the profiles were made with."""

    def hidden(path: str, value: Value) -> Value:
        return MASK if value and (path in secrets or is_secret(catalogue, path)) else value

    values = {path: hidden(path, value) for path, value in layer.values.items()}
    instances = {
        serial: Instance(
            one.cls, {n: hidden(f"{one.cls}.{n}", cast("Value", value)) for n, value in one.values.items()}
        )
        for serial, one in layer.instances.items()
    }
    return replace(layer, values=values, instances=instances)


def is_secret(catalogue: Catalogue | None, path: str) -> bool:
    """What no catalogue knows might be a secret: it is masked."""
    parameter = catalogue.find(path) if catalogue else None
    return parameter is None or parameter.secret
