"""Searching 6,417 parameters: at most 100 ms for the slowest of some queries, each as somebody types it.

The baseline looks for the same words in one text of everything, which tells that they are there and not where.
"""

from __future__ import annotations

from statistics import median
from time import perf_counter

from bench.harness import Figure, figure
from tests.definitions import base_system
from ums.domain.formats.definition import convert_definition
from ums.domain.parameters import parse_catalogue

LIMIT = 0.1
ROUNDS = 20
QUERIES = ("a", "ti", "timer", "timer delay", "sessions name", "no such parameter anywhere", "x" * 200)


def measure(rounds: int = ROUNDS) -> Figure:
    """Seconds of the slowest query, the median of some rounds."""
    files = base_system()
    converted = convert_definition(
        name="b", version="1", os="o", definition=files.definition, ui=files.ui, translations=files.translations
    )
    catalogue = parse_catalogue(converted.catalogue)
    catalogue.search("once")  # a server answers many
    everything = "\n".join(f"{p.path} {p.label} {p.help}" for p in catalogue.parameters.values()).casefold()
    slowest = (0.0, 1.0)
    for query in QUERIES:
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(rounds):
            start = perf_counter()
            catalogue.search(query)
            times[0].append(perf_counter() - start)
            start = perf_counter()
            for word in query.split():
                everything.count(word)
            times[1].append(perf_counter() - start)
        slowest = max(slowest, (median(times[0]), median(times[1])))
    value, baseline = slowest
    return figure("search of 6,417 parameters", value, "s", baseline=baseline, limit=LIMIT, absolute=True)
