"""Runs of many devices against a server, and what they cost it: used by `device_login` and `device_memory`.

Server and load generator are processes of their own; the server's processor time and memory come from /proc. The
baseline is the echo server of `device_server` under the same configuration, in turns with ours.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

from tests.services.postgresql import PostgreSQL

DEVICES = 5_000
ROUNDS = 2
WARM_UP = 50
SETTLE = 3.0
"""Seconds after the last login until the costs are read: the buffers of presence are written by then."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one device costs the server."""

    cpu: float
    """Seconds of the processor until it is in."""
    memory: float
    """Bytes while it is connected and idle."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Medians of the rounds."""

    ours: Cost
    baseline: Cost


@cache
def costs(database: str, devices: int = DEVICES, rounds: int = ROUNDS) -> Costs:
    """Run both in turns on a `database` ("sqlite" or "postgresql") of their own. Remembered: one run, two figures."""
    with tempfile.TemporaryDirectory(prefix="ums-bench-") as directory, _environment(database, Path(directory)) as env:
        fleet = Path(directory) / "fleet"
        subprocess.run([sys.executable, "-m", "bench.device_seed", str(devices), str(fleet)], env=env, check=True)
        found: dict[str, list[Cost]] = {"echo": [], "ums": []}
        for _ in range(rounds):
            for kind, taken in found.items():
                taken.append(_run(kind, devices, fleet, env))
    return Costs(_median(found["ums"]), _median(found["echo"]))


def _median(taken: list[Cost]) -> Cost:
    return Cost(median(cost.cpu for cost in taken), median(cost.memory for cost in taken))


@contextmanager
def _environment(database: str, directory: Path) -> Iterator[dict[str, str]]:
    env = {**os.environ, "UMS_DATA": str(directory), "DJANGO_SETTINGS_MODULE": "ums.project.settings"}
    env["UMS_LOG_FORMAT"] = "console"
    env.pop("UMS_DATABASE_URL", None)
    if database == "sqlite":
        yield env
        return
    with PostgreSQL() as server:
        yield {**env, "UMS_DATABASE_URL": server.create_database("bench")}


def _run(kind: str, devices: int, fleet: Path, env: dict[str, str]) -> Cost:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "bench.device_server", kind, str(port)], env=env)
    try:
        _wait(port, server)
        with _load(port, WARM_UP, kind, fleet, env):
            pass
        time.sleep(1.0)
        cpu, memory = cpu_of(server.pid), _memory(server.pid)
        with _load(port, devices, kind, fleet, env):
            time.sleep(SETTLE)
            cpu, memory = cpu_of(server.pid) - cpu, _memory(server.pid) - memory
        return Cost(cpu / devices, memory / devices)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


@contextmanager
def _load(port: int, devices: int, kind: str, fleet: Path, env: dict[str, str]) -> Iterator[None]:
    """Devices that are in; they leave at the end."""
    command = [sys.executable, "-m", "bench.device_load", str(port), str(devices), kind, str(fleet)]
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
        assert load.stdin is not None
        assert load.stdout is not None
        if not (line := load.stdout.readline()).startswith("in"):
            raise RuntimeError(f"the load generator failed: {line}")
        yield
        load.stdin.write("\n")
        load.stdin.flush()
        load.stdout.readline()


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if server.poll() is not None:
            raise RuntimeError("the server ended")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server does not listen")


def cpu_of(pid: int) -> float:
    """Seconds of processor time, user and system, of all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> int:
    """Bytes: the proportional set size."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("the kernel does not tell")
