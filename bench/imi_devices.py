"""`GET /umsapi/v3/thinclients` with 50,000 devices on PostgreSQL: time in the server until the last byte is written.

The baseline is one plain query for the same columns, and a JSON dump of its rows as dictionaries. Both run in turns, in
one process that has never held the devices; the answer through Django's request handling with session and permissions.
The memory is the most that the process had while it answered. That the number of queries is the same for any number of
devices is held by tests/apps/imi/test_devices.py.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from bench.harness import Figure, figure

DEVICES = 50_000
ROUNDS = 5
MEMORY = 200.0
"""MB."""
LIMITS = {"": 3.0, "details": 4.0}
"""By facet, how many times the baseline."""

FROM = """
FROM devices_device d JOIN devices_presence p ON p.device_id = d.id JOIN devices_settingsstate s ON s.device_id = d.id
LEFT JOIN (SELECT device_id, mac FROM devices_networkadapter) a ON a.device_id = d.id
ORDER BY d.id
"""
PLAIN = {
    "": "SELECT d.id, unit_id, name, directory_id, firmware, firmware_version, ip_address, a.mac ",
    "details": """SELECT d.id, unit_id, name, directory_id, firmware, firmware_version, ip_address, a.mac, network_name,
        site, department, cost_centre, comment, asset_id, in_service_date, serial_number, vendor, product,
        structure_tag, cpu, os_name, os_version, kernel, storage_mb, memory_mb, bios, p.last_contact, s.pending,
        last_user, registered_at """,
}


def measure(devices: int = DEVICES, rounds: int = ROUNDS) -> Iterator[Figure]:
    """The median in seconds without and with details, each beside the baseline's; then the memory."""
    from tests.services.postgresql import PostgreSQL

    with PostgreSQL() as server, tempfile.TemporaryDirectory() as data:
        os.environ.update(UMS_DATABASE_URL=server.create_database("bench"), UMS_DATA=data, UMS_LOG_FORMAT="json")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ums.project.settings")
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
            session = process.submit(fill, devices).result()
        import django
        from django.db import connections

        django.setup()
        try:
            yield from _measured(session, devices, rounds)
        finally:
            connections.close_all()
            for connection in connections.all():
                if hasattr(connection, "close_pool"):
                    connection.close_pool()


def fill(devices: int) -> str:
    """Fill the database, and open a session of a superuser. Returns its id."""
    import django
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0)
    from bench.device_list import _devices, _directories
    from ums.core.actor import SYSTEM, Actor
    from ums.imi.services import session_open
    from ums.profiles.services import builtin_catalogues_store

    builtin_catalogues_store(actor=SYSTEM)
    _devices(devices, _directories())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    user = get_user_model()(username="bench", is_superuser=True)
    user.save()
    return session_open(actor=Actor.of(user), user=user)


def _measured(session: str, devices: int, rounds: int) -> Iterator[Figure]:
    gc.collect()
    gc.freeze()
    sizes = {facet: _ask(session, facet) for facet in LIMITS}
    memory = _highest()
    for facet, limit in LIMITS.items():
        value, baseline = _medians(rounds, partial(_ask, session, facet), partial(_plain, facet))
        name = f"IMI, {devices:,} devices{' with details' if facet else ''} ({sizes[facet] / 1e6:.0f} MB)"
        yield figure(name, value, "s", baseline=baseline, limit=limit)
    yield figure("IMI, memory of the process", memory, "MB", baseline=MEMORY, limit=MEMORY, absolute=True)


def _ask(session: str, facet: str) -> int:
    """Bytes of the answer."""
    from django.test import Client

    client = Client(headers={"host": "localhost", "cookie": f"JSESSIONID={session}"})
    response: Any = client.get("/umsapi/v3/thinclients", {"facets": facet}, secure=True)
    assert response.status_code == 200, response.status_code
    return sum(map(len, response.streaming_content))


def _plain(facet: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(PLAIN[facet] + FROM)
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return len(json.dumps(rows, default=str).encode())


def _medians(rounds: int, *runs: Callable[[], int]) -> tuple[float, ...]:
    """The median of each, in turns so that a busy machine meets both."""
    for run in runs:
        run()
    times: tuple[list[float], ...] = tuple([] for _ in runs)
    for _ in range(rounds):
        for run, taken in zip(runs, times, strict=True):
            start = perf_counter()
            run()
            taken.append(perf_counter() - start)
    return tuple(median(taken) for taken in times)


def _highest() -> float:
    """The most memory that this process ever had, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000
