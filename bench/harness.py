"""What benchmarks have in common: the shape of a figure, finding them, running them, showing what came out.

A benchmark is a module of this package with `measure()`, which returns one figure or several. It measures its baseline
in the same run, in turns with its own value, so that a busy machine meets both alike. Each runs in a process of its
own: settings, connections and memory of one are nothing to the next.
"""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import pkgutil
import tempfile
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import TypedDict, cast

from rich.console import Console
from rich.table import Table

import bench


class Figure(TypedDict):
    """What `make bench` prints: the value beside its baseline, both in `unit`."""

    name: str
    value: float
    unit: str
    baseline: float
    ratio: float
    limit: float
    ok: bool


Measure = Callable[[], "Figure | Iterable[Figure]"]


def figure(name: str, value: float, unit: str, *, baseline: float, limit: float, absolute: bool = False) -> Figure:
    """A figure that is good while value / baseline is at most `limit` (`absolute`: while the value itself is)."""
    ratio = value / baseline
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "baseline": baseline,
        "ratio": ratio,
        "limit": limit,
        "ok": (value if absolute else ratio) <= limit,
    }


def benchmarks() -> dict[str, Measure]:
    """The `measure` of each module that has one, by the module's name."""
    found = {}
    for module in pkgutil.iter_modules(bench.__path__):
        if module.name not in {"__main__", "harness"}:
            measure = getattr(importlib.import_module(f"bench.{module.name}"), "measure", None)
            if measure:
                found[module.name] = cast("Measure", measure)
    return found


def run(names: Iterable[str], console: Console) -> bool:
    """Run benchmarks, print a JSON line for each figure and a table at the end. True when all are within limits.

    One that raises is told with its traceback and counts as not within them; the others still run. What takes long to
    make and several need they find in the directory UMS_BENCH_DATA, which lasts as long as the run.
    """
    with tempfile.TemporaryDirectory(prefix="ums-bench-") as shared:
        os.environ["UMS_BENCH_DATA"] = shared
        return _run(names, console)


def _run(names: Iterable[str], console: Console) -> bool:
    table = Table("Figure", "Value", "Baseline", "Ratio", "Limit", "", title="Benchmarks")
    all_ok = True
    for name in names:
        console.print(f"[dim]{name} …[/dim]")
        try:
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
                figures = process.submit(_measured, name).result()
        except Exception:
            traceback.print_exc()
            table.add_row(name, "-", "-", "-", "-", "[red]failed[/red]")
            all_ok = False
            continue
        for one in figures:
            all_ok = all_ok and one["ok"]
            table.add_row(
                one["name"],
                _quantity(one["value"], one["unit"]),
                _quantity(one["baseline"], one["unit"]),
                f"{one['ratio']:.2f} ×",
                f"{one['limit']:g}",
                "[green]ok[/green]" if one["ok"] else "[red]too much[/red]",
            )
    console.print(table)
    return all_ok


def _measured(name: str) -> list[Figure]:
    """Run one, and print its figures as they come."""
    result = benchmarks()[name]()
    figures = []
    for one in [cast("Figure", result)] if isinstance(result, dict) else result:
        print(json.dumps(one), flush=True)
        figures.append(one)
    return figures


def _quantity(value: float, unit: str) -> str:
    """Seconds in the unit in which they are easy to read; all else as it is."""
    if unit == "s":
        for factor, name in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
            if value * factor >= 1 or name == "µs":
                return f"{value * factor:.3g} {name}"
    return f"{value:,.4g} {unit}"
