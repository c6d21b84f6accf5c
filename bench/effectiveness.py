"""Effective settings, uncached, against merging the same plain dicts.

A device with 25 profiles of 200 parameters each, out of a catalogue of 500: resolve with winners, and the tag, must
take at most six times as long as 25 times dict.update.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from statistics import median
from time import perf_counter
from types import MappingProxyType

from ums.domain.effectiveness import Layer, Rank, resolve, tag
from ums.domain.parameters import Value

NAME = "effective settings, 25 profiles x 200 parameters"
PROFILES = 25
PARAMETERS = 200
CATALOGUE = 500
ROUNDS = 1_000
LIMIT = 6.0
KEY = bytes(32)


def measure(catalogue: int = CATALOGUE, rounds: int = ROUNDS) -> dict[str, str | float | bool]:
    """The figure, in the shape that `make bench` prints: value and baseline in seconds, medians of rounds.

    Both sides run in turns, so that a change of the machine's speed meets both.
    """
    defaults = MappingProxyType(_contents(random.Random(0), catalogue, catalogue))
    layers = _layers(catalogue)
    contents = [dict(layer.values) for layer in layers]

    def ours() -> object:
        return tag(resolve(layers, defaults), KEY)

    def plain() -> object:
        merged: dict[str, Value] = {}
        for content in contents:
            merged.update(content)
        return merged

    value, baseline = _medians(rounds, ours, plain)
    ratio = value / baseline
    return {
        "name": NAME,
        "value": value,
        "unit": "s",
        "baseline": baseline,
        "ratio": ratio,
        "limit": LIMIT,
        "ok": ratio <= LIMIT,
    }


def _layers(catalogue: int) -> list[Layer]:
    """Profiles on the device and on its directories, standard and priority, in no order."""
    rng = random.Random(1)
    ranks = [Rank.PRIORITY_DIRECTORY, Rank.PRIORITY_DEVICE, Rank.STANDARD_DEVICE, Rank.STANDARD_DIRECTORY]
    return [
        Layer(
            rng.choice(ranks), id, f"Profile {id}", _contents(rng, catalogue, PARAMETERS), {}, distance=rng.randrange(4)
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
            start = perf_counter()
            run()
            taken.append(perf_counter() - start)
    return tuple(median(taken) for taken in times)
