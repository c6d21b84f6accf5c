"""From saving a profile to applied on 1,000 connected devices of one directory (simulated, PostgreSQL).

Counted for each device: from the moment before the request that saves, to the moment that the server stored the
device's report. In between lie the save itself, the nudges, 1,000 asks and answers, the 20 to 200 ms that a simulated
device takes to apply, and 1,000 reports. Baseline: the same 1,000 rows written one by one, each with its own commit.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg

from bench.harness import Figure, figure
from tests.services.postgresql import PostgreSQL
from tests.services.process import Process, wait_until
from tests.services.server import Server

DEVICES = 1000
SAVES = 5
LIMIT = 3.0
"""Seconds, p99."""

PROGRAM = Path(sys.executable).with_name("ums")


def measure() -> Figure:
    """p99 over all devices of several saves."""
    with tempfile.TemporaryDirectory(prefix="ums-bench-") as directory, PostgreSQL() as postgresql:
        url = postgresql.create_database("transfer")
        server = Server(Path(directory) / "data", database_url=url)
        server.start()
        try:
            with psycopg.connect(url, autocommit=True) as database, server.api() as api:
                return _measure(server, api, database, Path(directory))
        finally:
            server.stop()


def _measure(server: Server, api: httpx.Client, database: psycopg.Connection, directory: Path) -> Figure:
    ward = _post(api, "directories/", {"name": "Bench", "parent": _root(api, "device")})["id"]
    key = _post(api, "enrolment-keys/", {"name": "bench", "kind": "mass", "directory": ward})
    (directory / "key").write_text(key["items"][0]["secret"])
    (directory / "key").chmod(0o600)
    command: list[str | Path] = [
        PROGRAM,
        "simulate",
        "--server",
        server.url,
        "--ca",
        server.data / "tls" / "ca.pem",
        "--quiet",
    ]
    command += ["--key-file", directory / "key", "--devices", str(DEVICES), "--ramp", "10"]
    command += ["--state", directory / "fleet"]
    with Process(command, directory / "fleet.log"):
        wait_until(lambda: _applied(database) == DEVICES, 180, f"{DEVICES} devices connected and applied", every=0.5)
        catalogue = api.get("catalogues/").raise_for_status().json()["items"][0]["id"]
        described = {"name": "Bench", "directory": _root(api, "profile"), "based_on": catalogue}
        profile = int(_post(api, "profiles/", described)["id"])
        _post(api, "assignments/", {"profiles": [profile], "directories": [ward]})
        times: list[float] = []
        for number in range(SAVES):
            wait_until(lambda: _applied(database) == DEVICES, 60, "applied", every=0.1)
            time.sleep(1)
            times += _save(api, database, profile, number)
        baseline = _one_by_one(database)
    p99 = statistics.quantiles(times, n=100)[98]
    return figure("save to applied, 1,000 devices, p99", p99, "s", baseline=baseline, limit=LIMIT, absolute=True)


def _save(api: httpx.Client, database: psycopg.Connection, profile: int, number: int) -> list[float]:
    """Save a new revision; seconds until each device has applied it."""
    settings = {"values": {"userinterface.sound.volume": 10 + number, "userinterface.dpms.off": 15 + number}}
    start = datetime.now(UTC)
    answer = api.put(f"profiles/{profile}/settings/", json={"settings": settings, "base": number + 1})
    answer.raise_for_status()
    wait_until(lambda: _applied(database) == DEVICES, 60, "applied by all devices", every=0.1)
    rows = database.execute("SELECT applied_at FROM devices_settingsstate").fetchall()
    return [(moment - start).total_seconds() for (moment,) in rows]


def _applied(database: psycopg.Connection) -> int:
    row = database.execute(
        "SELECT count(*) FROM devices_settingsstate s JOIN devices_presence p USING (device_id) "
        "WHERE p.connected AND NOT s.pending"
    ).fetchone()
    assert row is not None
    return int(row[0])


def _one_by_one(database: psycopg.Connection) -> float:
    ids = [pk for (pk,) in database.execute("SELECT device_id FROM devices_settingsstate").fetchall()]
    start = time.perf_counter()
    for pk in ids:
        database.execute("UPDATE devices_settingsstate SET applied_at = now() WHERE device_id = %s", [pk])
    return time.perf_counter() - start


def _root(api: httpx.Client, kind: str) -> int:
    items = api.get("directories/", params={"kind": kind}).raise_for_status().json()["items"]
    return next(int(item["id"]) for item in items if item["parent"] is None)


def _post(api: httpx.Client, path: str, body: dict[str, object]) -> dict[str, Any]:
    answer = api.post(path, json=body)
    if answer.is_error:
        raise RuntimeError(f"{path}: {answer.text}")
    return dict(answer.json())
