"""Importing the definition of a whole base system: 6,417 parameters in 4.7 MB, with its pages and their titles.

Reading, adapting and checking, as the console does it before it stores the catalogue: at most 5 seconds. The baseline
is finding all tags and attributes with one regular expression, which any reader has to do.
"""

from __future__ import annotations

import re
from statistics import median
from time import perf_counter

import msgspec

from bench.harness import Figure, figure
from tests.definitions import base_system
from ums.domain.formats.definition import convert_definition
from ums.domain.parameters import parse_catalogue

LIMIT = 5.0
ROUNDS = 5
_PIECES = re.compile(r"</?[^<>]*>|[a-z_]+(?:\[[a-z_]+\])?=<[^>]*>")


def measure(rounds: int = ROUNDS) -> Figure:
    """Seconds, the median of some rounds."""
    files = base_system()
    text = files.definition.decode()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        start = perf_counter()
        converted = convert_definition(
            name="base_system",
            version="12.7.4",
            os="igel-os-12",
            definition=files.definition,
            ui=files.ui,
            translations=files.translations,
        )
        parse_catalogue(msgspec.json.decode(msgspec.json.encode(converted.catalogue)))
        times[0].append(perf_counter() - start)
        start = perf_counter()
        _PIECES.findall(text)
        times[1].append(perf_counter() - start)
    value, baseline = (median(taken) for taken in times)
    return figure("import of a definition, 6,417 parameters", value, "s", baseline=baseline, limit=LIMIT, absolute=True)
