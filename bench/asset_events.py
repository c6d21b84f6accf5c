"""Events of peripherals, taken in and stored by one server: 1,000 a second, on PostgreSQL.

500 devices send one event in a message each, and the next one when it has been confirmed. The figure is the seconds
that a thousand take. The baseline is the same rows of events alone, written with a plain statement and a commit for
each hundred: what lies between is the wire, assets, categories, stays, and that it is safe to repeat.

Then the server is killed in the middle: nothing that it has confirmed may be missing from the database.
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
from pathlib import Path

import msgspec
import psycopg

from bench.device_runs import _wait
from bench.harness import Figure, figure
from tests.services.postgresql import PostgreSQL

DEVICES = 500
EVENTS, WARM_UP = 20_000, 2_000
KILLED_AFTER = 3.0
LIMIT_S = 1.0
PART = 100


def measure() -> Iterator[Figure]:
    """Seconds for a thousand events, and events that were confirmed and lost."""
    with tempfile.TemporaryDirectory(prefix="ums-bench-") as place, PostgreSQL() as postgresql:
        directory, url = Path(place), postgresql.create_database("bench")
        env = {
            **os.environ,
            "UMS_DATA": place,
            "DJANGO_SETTINGS_MODULE": "ums.project.settings",
            "UMS_LOG_FORMAT": "console",
            "UMS_DATABASE_URL": url,
        }
        fleet = directory / "fleet"
        subprocess.run([sys.executable, "-m", "bench.asset_seed", str(DEVICES), str(fleet)], env=env, check=True)
        with _server(env) as (port, _):
            _load(port, WARM_UP, fleet, directory / "stored", env)
            _clear(url)
            seconds = _load(port, EVENTS, fleet, directory / "stored", env)
        plain = _plain(url)
        value = seconds * 1000 / EVENTS
        yield figure("asset events, a thousand stored", value, "s", baseline=plain, limit=LIMIT_S, absolute=True)
        _clear(url)
        with _server(env) as (port, server):
            _load(port, 10**9, fleet, directory / "stored", env, kill=server)
        confirmed = msgspec.json.decode((directory / "stored").read_bytes(), type=dict[str, int])
        stored = _stored(url)
        lost = sum(max(0, count - stored.get(unit_id, 0)) for unit_id, count in confirmed.items())
        yield figure(
            "asset events lost when the server is killed after its answer (of those confirmed)",
            lost,
            "events",
            baseline=sum(confirmed.values()),
            limit=0,
            absolute=True,
        )


@contextmanager
def _server(env: dict[str, str]) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "bench.device_server", "ums", str(port)], env=env)
    try:
        _wait(port, server)
        yield port, server
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def _load(
    port: int,
    events: int,
    fleet: Path,
    stored: Path,
    env: dict[str, str],
    kill: subprocess.Popen[bytes] | None = None,
) -> float:
    """Seconds until so many events were confirmed, or the server that is to be killed was gone."""
    command = [sys.executable, "-m", "bench.asset_load", str(port), str(events), str(fleet), str(stored)]
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
        assert load.stdin is not None
        assert load.stdout is not None
        if not (line := load.stdout.readline()).startswith("in"):
            raise RuntimeError(f"the load generator failed: {line}")
        load.stdin.write("\n")
        load.stdin.flush()
        if kill is not None:
            time.sleep(KILLED_AFTER)
            kill.kill()
        return float(load.stdout.readline())


def _clear(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("TRUNCATE assets_asset, assets_assetreports CASCADE")


def _stored(url: str) -> dict[str, int]:
    """Events in the database by device."""
    with psycopg.connect(url) as connection:
        return dict(connection.execute("SELECT unit_id, count(*) FROM assets_assetevent GROUP BY unit_id").fetchall())


def _plain(url: str) -> float:
    """Seconds for a thousand rows of events like those that were stored, in parts of PART."""
    with psycopg.connect(url, autocommit=True) as connection:
        names = "asset_id, device_id, unit_id, kind, time, received_at"
        rows = connection.execute(f"SELECT {names} FROM assets_assetevent").fetchall()
        connection.execute("CREATE TABLE plain (LIKE assets_assetevent INCLUDING ALL)")
        start = time.perf_counter()
        for at in range(0, len(rows), PART):
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(f"INSERT INTO plain ({names}) VALUES (%s, %s, %s, %s, %s, %s)", rows[at : at + PART])
        return (time.perf_counter() - start) * 1000 / len(rows)
