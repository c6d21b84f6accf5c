"""Effective settings, uncached, against merging the same plain dicts.

A device with 25 profiles of 200 parameters each, out of a catalogue of 500: resolve with winners, and the tag, must
take at most six times as long as 25 times dict.update. The same out of a catalogue of 6,400, as large as that of a real
base system, where the profiles seldom meet and the device has 13 times as many values.

Resolving alone, without the tag: at most four times as long, and at most a millisecond.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from statistics import median
from time import thread_time
from types import MappingProxyType

from bench.harness import Figure, figure
from ums.domain.effectiveness import Layer, Rank, resolve, tag
from ums.domain.parameters import Value, digest_of

PROFILES = 25
PARAMETERS = 200
LEVELS = 6
"""Of directories above the device."""
CATALOGUES = {500: 6.0, 6_400: 8.0}
"""Parameters of the catalogue, and how many times as long as the plain merge it may take."""
ROUNDS = 1_000
KEY = bytes(32)


def measure(rounds: int = ROUNDS) -> list[Figure]:
    """Seconds for each catalogue, medians of rounds.

    Both sides run in turns, so that a change of the machine's speed meets both. Of the processor, not of the clock:
    where others take their turns, the longer side is interrupted in most rounds and the shorter one in few.
    """
    return [
        *_resolving(min(CATALOGUES), rounds),
        *(_measured(catalogue, rounds, limit) for catalogue, limit in CATALOGUES.items()),
    ]


def _resolving(catalogue: int, rounds: int) -> list[Figure]:
    """The same two times against both limits."""
    defaults = MappingProxyType(_contents(random.Random(0), catalogue, catalogue))
    layers = _layers(catalogue)
    value, baseline = _medians(rounds, lambda: resolve(layers, defaults), _plain(layers))
    name = f"resolve one device, {PROFILES} profiles x {PARAMETERS} parameters, {LEVELS} levels"
    return [
        figure(name, value, "s", baseline=baseline, limit=4.0),
        figure(f"{name}, seconds", value, "s", baseline=baseline, limit=0.001, absolute=True),
    ]


def _measured(catalogue: int, rounds: int, limit: float) -> Figure:
    defaults = MappingProxyType(_contents(random.Random(0), catalogue, catalogue))
    digest = digest_of(defaults)
    layers = _layers(catalogue)

    def ours() -> object:
        return tag(resolve(layers, defaults), KEY, digest)

    value, baseline = _medians(rounds, ours, _plain(layers))
    name = f"effective settings, {PROFILES} profiles x {PARAMETERS} of {catalogue:,} parameters"
    return figure(name, value, "s", baseline=baseline, limit=limit)


def _plain(layers: list[Layer]) -> Callable[[], object]:
    """Merging the same contents, one over the other."""
    contents = [dict(layer.values) for layer in layers]

    def merged() -> object:
        found: dict[str, Value] = {}
        for content in contents:
            found.update(content)
        return found

    return merged


def _layers(catalogue: int) -> list[Layer]:
    """Profiles on the device and on its directories, standard and priority, in no order."""
    rng = random.Random(1)
    ranks = [Rank.PRIORITY_DIRECTORY, Rank.PRIORITY_DEVICE, Rank.STANDARD_DEVICE, Rank.STANDARD_DIRECTORY]
    return [
        Layer(
            rng.choice(ranks),
            id,
            f"Profile {id}",
            _contents(rng, catalogue, PARAMETERS),
            {},
            distance=rng.randrange(1, LEVELS + 1),
        )
        for id in range(PROFILES)
    ]


def _contents(rng: random.Random, catalogue: int, count: int) -> dict[str, Value]:
    """Values of count parameters, of the types in which real catalogues have them."""
    return {
        f"page{number % 40}.group{number % 7}.parameter{number}": rng.choice((True, number, 1.5, f"value {number}"))
        for number in rng.sample(range(catalogue), count)
    }


def _medians(rounds: int, *runs: Callable[[], object]) -> tuple[float, ...]:
    times: tuple[list[float], ...] = tuple([] for _ in runs)
    for _ in range(rounds):
        for run, taken in zip(runs, times, strict=True):
            start = thread_time()
            run()
            taken.append(thread_time() - start)
    return tuple(median(taken) for taken in times)
