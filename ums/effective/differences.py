"""From one plan to another: which effective values differ, for people (secrets are masked).

Only what can differ is resolved: the parameters that the parts set which one plan has and the other has not. Plans of
many directories come down to few combinations of contents; each of these is compared once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ums.domain.effectiveness import Layer, Rank, instances_at, values_at, winners_at
from ums.domain.files import placed
from ums.effective.layers import contents_of, named_layers
from ums.effective.selectors import is_secret
from ums.effective.table import fixed_name, instance_name
from ums.profiles.content import MASK, catalogue_at

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from ums.domain.files import Reaching
    from ums.domain.parameters import Catalogue, Instance, Parameter, Value
    from ums.effective.contents import Contents
    from ums.effective.layers import Plan


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different on a device: a parameter, a free instance that comes or goes, a file.

    key: path, "serial:name" in a free instance, serial of an instance, path of a file. before, after: None for nothing.
    within: which instance, and the page. secret_changed: a secret comes in place of another, from elsewhere or typed;
    nobody learns whether they are the same.
    """

    key: str
    label: str
    within: str
    before: Value | None
    after: Value | None
    parameter: Parameter | None = None
    secret_changed: bool = False
    position: int = 0
    """In the catalogue."""

    @property
    def identity(self) -> tuple[Any, ...]:
        """Equal for what is one line to people. True and 1 are different values."""
        before, after = self.before, self.after
        return self.key, type(before), before, type(after), after, self.secret_changed


@dataclass(frozen=True, slots=True)
class Ignored:
    """What a profile sets and what does not count, with the reason."""

    profile: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What differs between two plans, and what is newly without effect."""

    changes: tuple[Change, ...]
    ignored: frozenset[Ignored]


@dataclass(frozen=True, slots=True)
class _Resolved:
    """The layers of a plan in the order of their strength, each with the name of what it holds."""

    catalogue: Catalogue | None
    names: tuple[Any, ...]
    layers: tuple[Layer, ...]

    @property
    def defaults(self) -> Mapping[str, Value]:
        return self.catalogue.defaults if self.catalogue else {}

    @property
    def secrets(self) -> frozenset[str]:
        """What is secret for the device, or where one of the profiles was made."""
        own = self.catalogue.secrets if self.catalogue else frozenset()
        return own.union(*{layer.secrets for layer in self.layers})


class Moment:
    """Plans as they were at one moment. To be made at that moment: it reads what the plans name.

    other: that of similar plans; what both have is made once.
    """

    def __init__(self, plans: Iterable[Plan], other: Moment | None = None) -> None:
        distinct = list(plans)
        contents = contents_of(distinct, other._contents if other else None)
        self._contents: Contents = contents
        self._known: dict[int, _Known] = other._known if other else {}
        self._resolved = {id(plan): _resolved(plan, named_layers(plan, contents), self._known) for plan in distinct}
        self._plans = distinct
        """Kept, so that no other object gets the same identity."""

    def resolved(self, plan: Plan) -> _Resolved:
        """One of the plans that were given."""
        return self._resolved[id(plan)]


class Comparison:
    """Compares plans of two moments; what was compared once is remembered."""

    def __init__(self, before: Moment, after: Moment) -> None:
        self._before, self._after = before, after
        self._outcomes: dict[Any, Outcome] = {}
        self._made: dict[Any, Change] = {}
        """Changes of values: the same one happens in many places."""

    def outcome(self, old: Plan, new: Plan) -> Outcome:
        """What differs."""
        one, other = self._before.resolved(old), self._after.resolved(new)
        key = (one.catalogue, other.catalogue, one.names, other.names, old.files, new.files)
        found = self._outcomes.get(key)
        if found is None:
            changes = sorted((*self._changes(one, other), *_files(old, new)), key=lambda one: (one.position, one.key))
            found = Outcome(tuple(changes), _ignored(other) - _ignored(one))
            self._outcomes[key] = found
        return found

    def _changes(self, one: _Resolved, other: _Resolved) -> Iterator[Change]:
        paths = _paths(one, other)
        before, after = (values_at(side.layers, side.defaults, paths) for side in (one, other))
        describe = _describing(other.catalogue or one.catalogue)
        secrets = one.secrets | other.secrets
        hidden = {path for path in before if path in secrets or describe.is_secret(path)}
        sources = [_sources(winners_at(side.layers, hidden)) for side in (one, other)]
        for path, old in before.items():
            new, secret = after[path], path in hidden
            if not _same(old, new) or (secret and old and _differ(path, *sources)):
                key = (describe, path, old, new, type(old), type(new), secret)
                change = self._made.get(key)
                if change is None:
                    change = self._made[key] = describe.value(path, old, new, secret)
                yield change
        (was, by), (will, then) = (instances_at(side.layers) for side in (one, other))
        sources = [_sources(by), _sources(then)]
        for serial in was.keys() | will.keys():
            yield from describe.instance(
                serial, was.get(serial), will.get(serial), secrets, elsewhere=_differ(serial, *sources)
            )


class _Known(NamedTuple):
    """A layer that several plans share."""

    strength: tuple[Any, ...]
    name: tuple[Any, ...]
    layer: Layer


def _resolved(plan: Plan, layers: list[tuple[Any, Layer]], known: dict[int, _Known]) -> _Resolved:
    found: list[_Known] = []
    for name, layer in layers:
        one = known.get(id(layer))
        if one is None:
            # How strong a layer is shows in its place in the row; what else decides belongs to its name.
            whole = (name, layer.id, layer.use_case, layer.overwrite_sessions)
            one = known[id(layer)] = _Known(layer.strength, whole, layer)
        found.append(one)
    found.sort(key=itemgetter(0))
    catalogue = catalogue_at(plan.catalogue_id, plan.checksum) if plan.catalogue_id is not None else None
    return _Resolved(catalogue, tuple(one.name for one in found), tuple(one.layer for one in found))


def _sources(winners: Mapping[str, Layer]) -> dict[str, tuple[bool, int]]:
    """Who decides, so that it can be compared with another moment: a profile, or the device itself."""
    return {key: (layer.rank is Rank.LOCAL, layer.id) for key, layer in winners.items()}


def _differ(key: str, one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    return one.get(key) != other.get(key)


def _paths(one: _Resolved, other: _Resolved) -> Collection[str]:
    """The paths whose values can differ."""
    # Of a profile that comes in twice only the stronger place can win anything.
    old, new = list(dict.fromkeys(one.names)), list(dict.fromkeys(other.names))
    common = {*old} & {*new}
    if one.catalogue is not other.catalogue or [n for n in old if n in common] != [n for n in new if n in common]:
        layers = (*one.layers, *other.layers)
        return {*one.defaults, *other.defaults}.union(*(layer.values for layer in layers))
    differing = {*old, *new} - common
    # A customization that comes or goes replaces others of its use case, or lets them count again.
    cases = {name[2] for name in differing} - {""}
    paths: set[str] = set()
    for side in (one, other):
        for name, layer in zip(side.names, side.layers, strict=True):
            if name in differing or layer.use_case in cases:
                paths |= layer.values.keys()
    return paths


def _ignored(side: _Resolved) -> frozenset[Ignored]:
    return frozenset(Ignored(layer.label, key, why) for layer in side.layers for key, why in layer.ignored.items())


def _files(old: Plan, new: Plan) -> Iterator[Change]:
    if old.files == new.files:
        return
    before, after = ({one.winner.path: one.winner for one in placed(plan.files)} for plan in (old, new))
    for path in sorted(before.keys() | after.keys()):
        one, other = before.get(path), after.get(path)
        if _content(one) != _content(other):
            was, will = (file.name if file else None for file in (one, other))
            yield Change(path, path, "File", was, will, position=2**31)


def _content(file: Reaching | None) -> tuple[Any, ...]:
    return (file.sha256, file.mode, file.owner) if file else ()


@dataclass(frozen=True, slots=True)
class _Words:
    """How a parameter is called."""

    label: str
    within: str
    parameter: Parameter | None
    position: int


class _Describing:
    """Changes as people read them, by the words of a catalogue."""

    def __init__(self, catalogue: Catalogue | None) -> None:
        self._catalogue = catalogue
        self._positions = {path: number for number, path in enumerate(catalogue.parameters)} if catalogue else {}
        self._words: dict[str, _Words] = {}

    def is_secret(self, path: str) -> bool:
        """For this catalogue."""
        return is_secret(self._catalogue, path)

    def value(self, path: str, old: Value | None, new: Value | None, secret: bool) -> Change:
        """A plain parameter, or one of a fixed instance."""
        words = self._words.get(path)
        if words is None:
            parameter = self._catalogue.find(path) if self._catalogue else None
            fixed = fixed_name(self._catalogue, path) if parameter and "%" in parameter.path else ""
            words = self._words[path] = self._described(path, path, fixed)
        return _change(path, words, old, new, secret)

    def instance(
        self,
        serial: str,
        old: Instance | None,
        new: Instance | None,
        secrets: Collection[str],
        *,
        elsewhere: bool,
    ) -> Iterator[Change]:
        """A free instance that comes or goes; or each of its values that differs. `elsewhere`: another profile brings
        it, whose secrets count as others.
        """
        shown = new or old
        if shown is None or (old == new and not elsewhere):
            return
        name = instance_name(self._catalogue, shown.cls, shown.values)
        cls = self._catalogue.classes.get(shown.cls) if self._catalogue else None
        if old is None or new is None or old.cls != new.cls:
            position = self._positions.get(f"{shown.cls}.{cls.name_parameter}", 2**30) if cls else 2**30
            before, after = (instance_name(self._catalogue, one.cls, one.values) if one else None for one in (old, new))
            yield Change(serial, cls.label if cls else shown.cls, name, before, after, position=position)
            return
        defaults = self._catalogue.instance_defaults.get(shown.cls, {}) if self._catalogue else {}
        for rel in old.values.keys() | new.values.keys():
            was, will = (cast("Value | None", one.values.get(rel, defaults.get(rel))) for one in (old, new))
            path = f"{shown.cls}.{rel}"
            secret = path in secrets or self.is_secret(path)
            if not _same(was, will) or (secret and was and elsewhere):
                words = self._described(path, f"{serial}:{rel}", name)
                yield _change(f"{serial}:{rel}", words, was, will, secret)

    def _described(self, path: str, key: str, instance: str) -> _Words:
        parameter = self._catalogue.find(path) if self._catalogue else None
        trail = self._catalogue.trail(parameter.page) if self._catalogue and parameter else ()
        within = " · ".join(filter(None, (instance, " › ".join(step.title for step in trail))))
        position = self._positions.get(parameter.path, 2**30) if parameter else 2**30
        label = parameter.label if parameter else key
        return _Words(label, within, parameter, position)


def _change(key: str, words: _Words, old: Value | None, new: Value | None, secret: bool) -> Change:
    changed = False
    if secret:
        changed = bool(old and new)
        old, new = (MASK if value else value for value in (old, new))
    return Change(key, words.label, words.within, old, new, words.parameter, changed, words.position)


@lru_cache(maxsize=16)
def _describing(catalogue: Catalogue | None) -> _Describing:
    return _Describing(catalogue)


def _same(one: object, other: object) -> bool:
    """True and 1 are different values."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)
