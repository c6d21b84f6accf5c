"""What a write would change on devices: the write itself runs, in a transaction that is rolled back.

So permissions, checks and effects are exactly those of the write, and stand in the code once. The devices that it marks
are looked at twice: inside, as they would be, and afterwards, as they are (docs/preview.md).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import transaction

from ums.core.access import Action, restrict, scope_of
from ums.core.among import among
from ums.core.trial import trying
from ums.devices.models import Device
from ums.effective.differences import Change, Comparison, Ignored, Moment
from ums.effective.displays import excesses
from ums.effective.layers import device_plans

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from ums.domain.parameters import Value
    from ums.effective.differences import Outcome
    from ums.effective.layers import Plan

T = TypeVar("T")

LINES = 100
"""Changed parameters that are listed; all of them are in the CSV."""
SAMPLES = 5
MANY = 1000
"""Changed devices from which on there is a warning."""
WARNINGS = 20
PART = 1000
"""Devices whose names are read at once."""

HEAD = ("Device", "Directory", "Parameter", "Path", "Before", "After")
"""Of the full list."""


@dataclass(frozen=True, slots=True)
class Line:
    """A change, and on how many devices it happens."""

    change: Change
    devices: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One of the devices that change."""

    id: int
    name: str
    directory: str
    changes: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a write would change.

    looked_at: devices that it concerns. changed: those with other settings afterwards. deleted: those that are gone.
    hidden: changed ones that the reader may not read; nothing but their number is told.
    lines: the LINES changes with the most devices, of `total`. answer: what the write returned.
    """

    looked_at: int
    changed: int
    deleted: int
    hidden: int
    lines: tuple[Line, ...]
    total: int
    samples: tuple[Sample, ...]
    warnings: tuple[str, ...]
    answer: Any
    groups: tuple[tuple[tuple[Change, ...], tuple[int, ...]], ...]
    """Devices by what changes on them, as far as the reader may read them."""

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The full list, as HEAD names it: a line for each change on each device."""
        for changes, ids in self.groups:
            texts = [(one.label, one.key, as_text(one.before), as_text(one.after)) for one in changes]
            rest = iter(ids)
            while part := list(islice(rest, PART)):
                devices = Device.objects.filter(pk__in=among(part)).order_by("name", "pk")
                for name, directory in devices.values_list("name", "directory__name"):
                    yield from ((name, directory, *text) for text in texts)


def preview(write: Callable[[], object], *, user: Any) -> Preview:
    """Try `write` out and tell what it would change, as `user` may see it (None: all). Nothing of it stays.

    Raises what the write raises.
    """
    with transaction.atomic():
        with trying() as trial, transaction.atomic():
            answer = write()
            after = device_plans(trial.devices)
            then = Moment(_distinct(after.values()))
            transaction.set_rollback(True)
        before = device_plans(trial.devices)
        comparison = Comparison(Moment(_distinct(before.values()), then), then)
    deleted = [pk for pk in before if pk not in after]
    outcomes: dict[int, tuple[Outcome, list[int]]] = {}
    pairs = list(_pairs(before, after))
    for (old, new), ids in pairs:
        if old != new:
            outcome = comparison.outcome(old, new)
            outcomes.setdefault(id(outcome), (outcome, []))[1].extend(ids)
    found = [(outcome, ids) for outcome, ids in outcomes.values() if outcome.changes]
    changed = sum(len(ids) for _, ids in found)
    readable = _readable(found, user)
    lines = _lines(readable)
    return Preview(
        looked_at=len(before),
        changed=changed,
        deleted=len(deleted),
        hidden=changed - sum(len(ids) for _, ids in readable),
        lines=tuple(lines[:LINES]),
        total=len(lines),
        samples=_samples(readable),
        warnings=(*_warnings(changed, lines, _readable(list(outcomes.values()), user)), *_too_large(pairs, then, user)),
        answer=answer,
        groups=tuple((outcome.changes, tuple(ids)) for outcome, ids in readable),
    )


def as_text(value: Value | None) -> str:
    """A value in the full list."""
    if isinstance(value, bool):
        return "On" if value else "Off"
    return "" if value is None else str(value)


def _too_large(pairs: list[tuple[tuple[Plan, Plan], list[int]]], then: Moment, user: Any) -> Iterator[str]:
    """Desktops of users that do not fit into what the devices set aside for them (manual p. 55)."""
    changed = [(then.resolved(new), ids) for (old, new), ids in pairs if old != new and new.of_user]
    readable = ((one.layers, one.defaults, ids) for one, ids in _readable(changed, user)) if changed else ()
    for text, devices in Counter(map(str, excesses(readable))).most_common(WARNINGS):
        yield f"On {'1 device' if devices == 1 else f'{devices:,} devices'}: {text}"


def _distinct(plans: Collection[Plan]) -> Iterable[Plan]:
    return {id(plan): plan for plan in plans}.values()


def _pairs(before: dict[int, Plan], after: dict[int, Plan]) -> Iterable[tuple[tuple[Plan, Plan], list[int]]]:
    """Devices by the two plans that they have. By identity: devices of a directory share theirs."""
    ids: dict[tuple[int, int], list[int]] = defaultdict(list)
    pairs: dict[tuple[int, int], tuple[Plan, Plan]] = {}
    for pk, old in before.items():
        new = after.get(pk)
        if new is not None:
            key = (id(old), id(new))
            pairs[key] = (old, new)
            ids[key].append(pk)
    return ((pairs[key], found) for key, found in ids.items())


def _readable(found: list[tuple[T, list[int]]], user: Any) -> list[tuple[T, list[int]]]:
    """Only the devices that the user may read, and what happens to none of them not at all."""
    if user is None or scope_of(user, Action.READ).everywhere:
        return found
    ids = [pk for _, devices in found for pk in devices]
    rows = restrict(Device.objects.filter(pk__in=among(ids)).order_by(), user, Action.READ)
    readable = set(rows.values_list("pk", flat=True))
    kept = ((outcome, [pk for pk in devices if pk in readable]) for outcome, devices in found)
    return [(outcome, devices) for outcome, devices in kept if devices]


def _lines(found: list[tuple[Outcome, list[int]]]) -> list[Line]:
    """The most devices first, then in the order of the catalogue."""
    counted: dict[int, list[Any]] = {}
    for outcome, ids in found:
        count = len(ids)
        for change in outcome.changes:
            counted.setdefault(id(change), [change, 0])[1] += count
    devices: Counter[Any] = Counter()
    changes: dict[Any, Change] = {}
    for change, count in counted.values():
        changes.setdefault(change.identity, change)
        devices[change.identity] += count
    lines = [Line(change, devices[key]) for key, change in changes.items()]
    return sorted(lines, key=lambda line: (-line.devices, line.change.position, line.change.key))


def _samples(found: list[tuple[Outcome, list[int]]]) -> tuple[Sample, ...]:
    """One device of each of the largest groups, then more of them."""
    groups = sorted(found, key=lambda group: -len(group[1]))[:SAMPLES]
    wanted = {pk: len(outcome.changes) for outcome, ids in groups for pk in ids[: SAMPLES - len(groups) + 1]}
    rows = Device.objects.filter(pk__in=list(wanted)[:SAMPLES]).order_by("name", "pk")
    return tuple(
        Sample(pk, name, directory, wanted[pk])
        for pk, name, directory in rows.values_list("pk", "name", "directory__name")
    )


def _warnings(changed: int, lines: list[Line], outcomes: list[tuple[Outcome, list[int]]]) -> Iterator[str]:
    if changed >= MANY:
        yield f"{changed:,} devices get other settings with this one change."
    for line in lines[:LINES]:
        if line.change.parameter and line.change.parameter.machinespecific and line.devices > 1:
            yield f"“{line.change.label}” belongs to each single device; {line.devices:,} get the same value."
    if restarts := sum(bool(line.change.parameter and not line.change.parameter.runtime) for line in lines):
        what = "1 of these parameters takes" if restarts == 1 else f"{restarts:,} of these parameters take"
        yield f"{what} effect after the next restart of a device."
    ignored: Counter[Ignored] = Counter()
    for outcome, ids in outcomes:
        ignored.update(dict.fromkeys(outcome.ignored, len(ids)))
    for one, devices in ignored.most_common(WARNINGS):
        where = "1 device" if devices == 1 else f"{devices:,} devices"
        yield f"“{one.profile}” does not set {one.key} on {where}. {one.reason}"
