"""What a simulated fleet measures, and how it is shown."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import time
from collections import Counter, deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import uvloop
from rich.console import Console
from rich.live import Live
from rich.table import Table

if TYPE_CHECKING:
    from .fleet import Fleet

KEPT = 200_000
"""Newest measurements that are kept of each kind."""

Report = dict[str, Any]


class Figures:
    """Counters and times of a fleet."""

    def __init__(self, devices: int) -> None:
        self.devices = devices
        self.connected = 0
        self.enrolled = 0
        self.faults = 0
        self.commands = 0
        self.logins = 0
        self.seen = 0
        self.applied = 0
        self.files = 0
        self.file_bytes = 0
        self.waiting = ""
        self.errors: Counter[str] = Counter()
        self._ready: deque[float] = deque(maxlen=KEPT)
        self._applied: deque[float] = deque(maxlen=KEPT)
        self._started = self._last_first = time.monotonic()

    def start(self) -> None:
        """The first device starts now."""
        self.waiting = ""
        self._started = self._last_first = time.monotonic()

    def first_login(self) -> None:
        """A device is ready for the first time."""
        self.seen += 1
        self._last_first = time.monotonic()

    def measured(self, what: str, seconds: float) -> None:
        """A time of a session: "ready" or "applied"."""
        if what == "ready":
            self.logins += 1
            self._ready.append(seconds)
        else:
            self.applied += 1
            self._applied.append(seconds)

    def report(self) -> Report:
        """Plain data; times in milliseconds. `logins_per_second` is about the first login of each device."""
        wave = self._last_first - self._started
        return {
            "devices": self.devices,
            "connected": self.connected,
            "seconds": round(time.monotonic() - self._started, 1),
            "enrolled": self.enrolled,
            "logins": self.logins,
            "logins_per_second": round(self.seen / wave, 1) if wave > 0 else 0.0,
            "reconnects": self.logins - self.seen,
            "ready_ms": percentiles(self._ready),
            "applied": self.applied,
            "settings_ms": percentiles(self._applied),
            "commands": self.commands,
            "files": self.files,
            "file_bytes": self.file_bytes,
            "simulated_faults": self.faults,
            "errors": dict(self.errors.most_common()),
            "waiting": self.waiting,
        }


def percentiles(seconds: Iterable[float]) -> dict[str, float]:
    """p50, p90, p99 and max in milliseconds (nearest rank); empty without measurements."""
    ordered = sorted(seconds)
    if not ordered:
        return {}
    rank = {"p50": 0.50, "p90": 0.90, "p99": 0.99, "max": 1.0}
    return {
        name: round(ordered[min(len(ordered) - 1, max(0, round(part * len(ordered)) - 1))] * 1000, 1)
        for name, part in rank.items()
    }


def render(report: Report) -> Table:
    """The report as a table."""
    table = Table(title="Simulated devices", title_justify="left", show_header=False)
    table.add_row("connected", f"{report['connected']} of {report['devices']}")
    table.add_row("running", f"{report['seconds']} s")
    table.add_row("enrolled in this run", str(report["enrolled"]))
    table.add_row("logins", f"{report['logins']}, {report['logins_per_second']} per second at first")
    table.add_row("reconnects", f"{report['reconnects']} ({report['simulated_faults']} simulated faults)")
    table.add_row("login to ready", _times(report["ready_ms"]))
    table.add_row("nudge to applied", f"{report['applied']} times{_times(report['settings_ms'], ': ')}")
    table.add_row("commands", str(report["commands"]))
    table.add_row("files verified", f"{report['files']}, {report['file_bytes'] / 2**20:.1f} MB")
    for kind, count in list(report["errors"].items())[:10]:
        table.add_row("[red]error[/red]", f"{count} × {kind}")
    if report["waiting"]:
        table.add_row("[yellow]waiting[/yellow]", report["waiting"])
    return table


def _times(values: dict[str, float], before: str = "") -> str:
    return before + ", ".join(f"{name} {value:g} ms" for name, value in values.items()) if values else ""


def run_fleet(fleet: Fleet, duration: float | None, console: Console | None, *, orphan_stops: bool = False) -> Report:
    """Runs a fleet for `duration` seconds, or until SIGTERM, SIGINT or (`orphan_stops`) the end of the parent process.

    Raises FleetError and OSError.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(fleet, duration, console, orphan_stops))


async def _run(fleet: Fleet, duration: float | None, console: Console | None, orphan_stops: bool) -> Report:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    parent = os.getppid()
    starting = asyncio.create_task(fleet.start())
    starting.add_done_callback(lambda task: stop.set() if not task.cancelled() and task.exception() else None)
    end = loop.time() + duration if duration is not None else None
    report: Report
    try:
        with Live(console=console, auto_refresh=False) if console is not None else _Dark() as live:
            while not stop.is_set() and (end is None or loop.time() < end):
                if orphan_stops and os.getppid() != parent:
                    break
                live.update(render(fleet.report()), refresh=True)
                left = 0.5 if end is None else min(0.5, max(0.0, end - loop.time()))
                try:
                    await asyncio.wait_for(stop.wait(), left)
                except TimeoutError:
                    if fleet.figures.seen == fleet.figures.devices and not gc.get_freeze_count():
                        gc.freeze()  # thousands of long-lived objects need not be looked at again and again
        if starting.done():
            starting.result()
        report = fleet.report()
    finally:
        starting.cancel()
        await fleet.stop()
    return report


class _Dark:
    """Shows nothing."""

    def __enter__(self) -> _Dark:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def update(self, table: Table, *, refresh: bool) -> None:
        """Nothing."""
