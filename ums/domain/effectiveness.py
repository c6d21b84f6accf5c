"""The order of effectiveness: which of several layers gives a parameter its value, and why.

A *layer* is what one assignment contributes to a device (and to the user logged in there): the content of one profile
revision, seen from the object that it is assigned to. `resolve` joins layers to effective settings, `explain` tells for
one parameter why it has its value, `tag` names a result so that a device can ask whether it has it already.

The rules are those of domain/profiles.md §5; docs/effectiveness.md tells them as numbered steps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import repeat
from operator import attrgetter
from types import MappingProxyType

import msgspec

from ums.domain.parameters import Expression, Instance, Value, digest_of


class Rank(IntEnum):
    """Kind of assignment, strongest first (the table of domain/profiles.md §5)."""

    FIRMWARE_UPDATE = 0
    PRIORITY_OU = 1
    PRIORITY_GROUP = 2
    PRIORITY_PRIMARY_GROUP = 3
    PRIORITY_USER = 4
    PRIORITY_DIRECTORY = 5
    PRIORITY_DEVICE = 6
    CUSTOMIZATION = 7
    STANDARD_USER = 8
    STANDARD_GROUP = 9
    """The primary group has distance 0, a direct membership 1, a group around that 2 …"""
    STANDARD_OU = 10
    STANDARD_DEVICE = 11
    STANDARD_DIRECTORY = 12
    LOCAL = 13
    DEFAULT = 14

    @property
    def is_priority(self) -> bool:
        """Whether this is a rank of priority profiles, among which further away wins."""
        return Rank.PRIORITY_OU <= self <= Rank.PRIORITY_DEVICE

    @property
    def is_of_user(self) -> bool:
        """Whether this is a rank of profiles that count because of the user who is logged in."""
        return Rank.PRIORITY_OU <= self <= Rank.PRIORITY_USER or Rank.STANDARD_USER <= self <= Rank.STANDARD_OU


@dataclass(frozen=True, slots=True)
class Layer:
    """What one assignment contributes.

    id: of the profile; the higher one wins between equals (rule 5). One id is one profile, hence one content.
    label: name of the profile. place: the object it is assigned to, as words ("directory Germany"); for people only.
    values, instances: the content, read only.
    overwrite_sessions: take the free instances away from everything weaker.
    distance: steps from the device or user; standard: fewer is stronger, priority: more is stronger (rules 2 to 4).
    name: of the group, for ranks of groups; A is stronger than Z, whatever the case, for both kinds (rule 6).
    use_case: of a firmware customization; of several with the same one only the strongest counts, as a whole (§1).
    ignored: what stands in the profile and does not count here: the reason by path, serial or "serial:name".
    expressions: what values with template keys were put together from, by path or "serial:name"; for people only.
    secrets: paths that are secret where the content was made, whatever the device's catalogue says; for people only.
    """

    rank: Rank
    id: int
    label: str
    values: Mapping[str, Value] = field(hash=False)
    instances: Mapping[str, Instance] = field(hash=False)
    overwrite_sessions: bool = False
    distance: int = 0
    name: str = ""
    place: str = ""
    use_case: str = ""
    ignored: Mapping[str, str] = field(default_factory=dict, hash=False)
    expressions: Mapping[str, Expression] = field(default_factory=dict, hash=False)
    secrets: frozenset[str] = field(default=frozenset(), hash=False)

    @property
    def strength(self) -> tuple[int, int, str, int, str, str]:
        """Sort key, the strongest layer has the smallest.

        The last two members decide nothing that a rule speaks of: they tell apart two ways to the same profile, so
        that provenance does not depend on the order in which layers were collected.
        """
        distance = -self.distance if self.rank.is_priority else self.distance
        return self.rank, distance, self.name.casefold(), -self.id, self.name, self.place


@dataclass(frozen=True, slots=True)
class Effective:
    """Effective settings with their provenance. Results are shared between devices: treat the dicts as read-only.

    winners holds only the paths that a layer sets; every other value is a default.
    layers are all layers, strongest first, also those that win nothing.
    defaults are those of the catalogue that the layers were joined over.
    """

    values: dict[str, Value]
    winners: dict[str, Layer]
    instances: dict[str, Instance]
    instance_winners: dict[str, Layer]
    layers: tuple[Layer, ...]
    defaults: Mapping[str, Value] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a parameter has its value. value is None if nothing sets it and it has no default.

    losers are the layers that set it too, strongest first, each with the value that it would give.
    ignored are those that would set it if something were not in the way, with the reason.
    rule is one sentence for the administrator.
    """

    path: str
    value: Value | None
    winner: Layer | None
    losers: tuple[tuple[Layer, Value], ...]
    default: Value | None
    rule: str
    ignored: tuple[tuple[Layer, str], ...] = ()


@dataclass(frozen=True, slots=True)
class InstanceExplanation:
    """Why a free instance is there or not: exactly one of winner and removed_by is set if any layer brings it.

    losers are the other layers that bring it, strongest first. removed_by is the layer whose *overwrite sessions*
    took it away.
    """

    serial: str
    instance: Instance | None
    winner: Layer | None
    losers: tuple[Layer, ...]
    removed_by: Layer | None
    rule: str


def order(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """The layers, strongest first. A profile reached in several ways stays in it once for each."""
    return tuple(sorted(layers, key=attrgetter("strength")))


def resolve(layers: Iterable[Layer], defaults: Mapping[str, Value]) -> Effective:
    """Join layers, given in any order, over the defaults of the catalogue.

    Plain parameters and fixed instances override each other one by one. Free instances add up; the same serial counts
    once, and from two profiles the stronger one's instance counts whole. The strongest layer with *overwrite sessions*
    takes the free instances away from everything weaker, the device's own included (domain/profiles.md §2).
    """
    ordered = order(layers)
    winners: dict[str, Layer] = {}
    for layer in reversed(_counting(ordered)):
        winners.update(zip(layer.values, repeat(layer)))
    return _effective(ordered, winners, defaults)


class Stack:
    """The layers of devices that differ in the content of some layers only: the others are joined once.

    shared: layers that are the same on all these devices. own: the others as they are on one of the devices; on each
    other one the same profiles stand at the same places, with other values and instances.
    """

    def __init__(self, shared: Iterable[Layer], own: Iterable[Layer], defaults: Mapping[str, Value]) -> None:
        own = list(own)
        self._ordered, self._defaults = order([*shared, *own]), defaults
        ids = {id(layer) for layer in own}
        self._own_places = {id(layer): place for place, layer in enumerate(self._ordered) if id(layer) in ids}
        self._weakest = joined = dict[str, Layer]()
        self._steps: list[tuple[int, dict[str, Layer]]] = []
        """Weakest first: the place of an own layer, and who wins of the shared ones between it and the next own one."""
        for layer in reversed(_counting(self._ordered)):
            place = self._own_places.get(id(layer))
            if place is None:
                joined.update(zip(layer.values, repeat(layer)))
            else:
                joined = {}
                self._steps.append((place, joined))

    def resolve(self, own: Iterable[Layer]) -> Effective:
        """What `resolve` finds for the shared layers and these, given in any order."""
        ordered = list(self._ordered)
        for place, layer in zip(self._own_places.values(), order(own), strict=True):
            ordered[place] = layer
        winners = self._weakest.copy()
        for place, joined in self._steps:
            winners.update(zip(ordered[place].values, repeat(ordered[place])))
            winners.update(joined)
        return _effective(tuple(ordered), winners, self._defaults)


def values_at(
    ordered: tuple[Layer, ...], defaults: Mapping[str, Value], paths: Iterable[str]
) -> dict[str, Value | None]:
    """What `resolve` finds for these paths, for layers that are in order: quicker for a few of many."""
    contents = [layer.values for layer in _counting(ordered)]
    found: dict[str, Value | None] = {}
    for path in paths:
        for values in contents:
            if path in values:
                found[path] = values[path]
                break
        else:
            found[path] = defaults.get(path)
    return found


def winners_at(ordered: tuple[Layer, ...], paths: Iterable[str]) -> dict[str, Layer]:
    """Which layer sets each of these paths, for layers that are in order."""
    counting = _counting(ordered)
    found = ((path, next((layer for layer in counting if path in layer.values), None)) for path in paths)
    return {path: layer for path, layer in found if layer is not None}


def instances_at(ordered: tuple[Layer, ...]) -> tuple[dict[str, Instance], dict[str, Layer]]:
    """The free instances that `resolve` finds, and which layer brings each, for layers that are in order."""
    instances: dict[str, Instance] = {}
    winners: dict[str, Layer] = {}
    overwriting = _overwriting(ordered)
    for layer in reversed(ordered if overwriting is None else ordered[: overwriting + 1]):
        if layer.instances:
            instances.update(layer.instances)
            winners.update(zip(layer.instances, repeat(layer)))
    return instances, winners


def tag(effective: Effective, key: bytes, digest: bytes | None = None) -> str:
    """Name of the result: 32 hex digits, the same for the same values and instances wherever they come from.

    key: at most 64 bytes, secret of the network; without it nobody can test guesses of secret values against a tag.
    digest: of the paths of the defaults (`Catalogue.digest`); worked out when it is not given. It stands for thousands
    of paths, the same on many devices, which so need not be sorted and hashed for each.
    """
    values, defaults = effective.values, effective.defaults
    known = list(map(values.__getitem__, defaults))
    unknown = {} if len(known) == len(values) else {path: values[path] for path in values.keys() - defaults.keys()}
    instances = {serial: (item.cls, dict(item.values)) for serial, item in effective.instances.items()}
    content = (digest or digest_of(defaults), known, unknown, instances)
    return hashlib.blake2b(_ENCODER.encode(content), digest_size=16, key=key).hexdigest()


def explain(source: Effective | Iterable[Layer], defaults: Mapping[str, Value], path: str) -> Explanation:
    """Why a plain parameter or a parameter of a fixed instance has its value."""
    ordered = _ordered(source)
    setting = [(layer, layer.values[path]) for layer in _counting(ordered) if path in layer.values]
    ignored = tuple(_ignored(ordered, path))
    default = defaults.get(path)
    if not setting:
        rule = (
            "Nothing sets this parameter and it has no default."
            if default is None
            else "No profile sets this parameter: the default of the firmware counts."
        )
        return Explanation(path, default, None, (), default, rule, ignored)
    (winner, value), *losers = setting
    rule = _rule(winner, [layer for layer, _ in losers])
    return Explanation(path, value, winner, tuple(losers), default, rule, ignored)


def explain_instance(source: Effective | Iterable[Layer], serial: str) -> InstanceExplanation:
    """Why a free instance, a session for example, is on the device or is not."""
    ordered = _ordered(source)
    bringing = [layer for layer in ordered if serial in layer.instances]
    if not bringing:
        return InstanceExplanation(serial, None, None, (), None, "Nothing brings this instance.")
    overwriting = _overwriting(ordered)
    if overwriting is not None and bringing[0] not in ordered[: overwriting + 1]:
        remover = ordered[overwriting]
        rule = f"{_capital(_title(remover))} overwrites sessions: it removes the free instances of everything weaker."
        return InstanceExplanation(serial, None, None, tuple(bringing), remover, rule)
    winner, *losers = bringing
    rule = _rule(winner, losers, "brings this instance")
    return InstanceExplanation(serial, winner.instances[serial], winner, tuple(losers), None, rule)


_ENCODER = msgspec.msgpack.Encoder(order="deterministic")

_OBJECT = {
    Rank.PRIORITY_OU: "an organizational unit of the user",
    Rank.PRIORITY_GROUP: "another group of the user",
    Rank.PRIORITY_PRIMARY_GROUP: "the primary group of the user",
    Rank.PRIORITY_USER: "the user",
    Rank.PRIORITY_DIRECTORY: "a directory of the device",
    Rank.PRIORITY_DEVICE: "the device",
    Rank.STANDARD_USER: "the user",
    Rank.STANDARD_GROUP: "a group of the user",
    Rank.STANDARD_OU: "an organizational unit of the user",
    Rank.STANDARD_DEVICE: "the device",
    Rank.STANDARD_DIRECTORY: "a directory of the device",
}


def _ordered(source: Effective | Iterable[Layer]) -> tuple[Layer, ...]:
    return source.layers if isinstance(source, Effective) else order(source)


def _effective(ordered: tuple[Layer, ...], winners: dict[str, Layer], defaults: Mapping[str, Value]) -> Effective:
    # dict() would ask a read-only view for one item after the other
    values = defaults.copy() if isinstance(defaults, dict | MappingProxyType) else dict(defaults)
    for path, layer in winners.items():
        values[path] = layer.values[path]
    instances, instance_winners = instances_at(ordered)
    return Effective(values, winners, instances, instance_winners, ordered, defaults)


def _counting(ordered: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """The layers without the customizations that a stronger one of the same use case replaces."""
    cases: set[str] = set()
    replaced = set()
    for layer in ordered:
        if layer.use_case in cases:
            replaced.add(id(layer))
        elif layer.use_case:
            cases.add(layer.use_case)
    return tuple(layer for layer in ordered if id(layer) not in replaced) if replaced else ordered


def _ignored(ordered: tuple[Layer, ...], path: str) -> Iterator[tuple[Layer, str]]:
    counting = {id(layer) for layer in _counting(ordered)}
    for layer in ordered:
        if path in layer.ignored:
            yield layer, layer.ignored[path]
        elif path in layer.values and id(layer) not in counting:
            yield layer, "Another firmware customization of the same use case is closer, or newer."


def _overwriting(ordered: tuple[Layer, ...]) -> int | None:
    """Index of the strongest layer that overwrites sessions."""
    return next((index for index, layer in enumerate(ordered) if layer.overwrite_sessions), None)


def _kind(rank: Rank) -> str:
    if rank.is_priority:
        return "priority profile"
    if Rank.STANDARD_USER <= rank <= Rank.STANDARD_DIRECTORY:
        return "standard profile"
    return {
        Rank.FIRMWARE_UPDATE: "universal firmware update",
        Rank.CUSTOMIZATION: "firmware customization",
        Rank.LOCAL: "the device's own configuration",
    }.get(rank, "the default of the firmware")


def _title(layer: Layer) -> str:
    """Like “priority profile “X” on directory Germany”."""
    if layer.rank >= Rank.LOCAL:
        return _kind(layer.rank)
    place = layer.place or (f"group {layer.name}" if layer.name else "")
    return f"{_kind(layer.rank)} “{layer.label}”" + (f" on {place}" if place else "")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _same_profile(one: Layer, other: Layer) -> bool:
    return one.id == other.id and _kind(one.rank) == _kind(other.rank)


def _rule(winner: Layer, losers: list[Layer], verb: str = "sets this parameter") -> str:
    """The sentence about a winner and the first loser that is another profile."""
    rival = next((loser for loser in losers if not _same_profile(winner, loser)), None)
    if rival is not None:
        return f"{_capital(_title(winner))} beats {_title(rival)}: {_reason(winner, rival)}."
    several = " It is assigned in several places and counts where it is strongest." if losers else ""
    return f"Only {_title(winner)} {verb}.{several}"


def _reason(winner: Layer, loser: Layer) -> str:
    """The rule by which winner is stronger than loser, without a full stop."""
    kind, other = _kind(winner.rank), _kind(loser.rank)
    if kind != other:
        verb = "comes" if winner.rank is Rank.LOCAL else "come"
        after = "standard ones" if (kind, other) == ("priority profile", "standard profile") else _plural(other)
        return f"{_plural(kind)} {verb} before {after}"
    among = f"among {_plural(kind)}"
    if winner.rank != loser.rank:
        return f"{among}, one on {_OBJECT[winner.rank]} comes before one on {_OBJECT[loser.rank]}"
    if winner.distance != loser.distance:
        if winner.rank is Rank.STANDARD_GROUP and winner.distance == 0:
            return f"{among}, one on the primary group comes before one on another group"
        return f"{among}, the one assigned {'further away' if winner.rank.is_priority else 'closer'} comes first"
    if winner.name.casefold() != loser.name.casefold():
        return "groups of the same level take effect by name, A before Z"
    return "on equal terms the higher id, the newer one, comes first"


def _plural(kind: str) -> str:
    return kind if kind.startswith("the ") else f"{kind}s"
