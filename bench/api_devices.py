"""`GET /api/v1/devices/` with 300,000 devices on PostgreSQL: a page of 100 by filter, at the beginning, in the middle
and near the end, as time in the server until the answer is written.

Asked for with an API token, through Django's own request handling. The baseline is the same page as one plain SELECT of
the columns that the answer shows, by the same filter behind the same row, written as JSON: what any API would have to
do. That the number of queries does not depend on what is in the database is held by tests/apps/api/test_paging.py.
"""

from __future__ import annotations

import gc
import json
import os
import tempfile
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.device_list import _devices, _directories, _percentiles
from bench.harness import Figure, figure

if TYPE_CHECKING:
    from django.test import Client

DEVICES = 300_000
SEEDS = 3000
"""Devices that are made; all others are copies of them, made by the database."""
ROUNDS = 30
LIMIT = 0.05
DEPTHS = {"first": 0.0, "middle": 0.5, "last": 0.98}

FILTERS: dict[str, tuple[str, str]] = {
    # name: parameters of the address, the same as SQL
    "all": ("", "TRUE"),
    "by site": ("site=Site+7", "UPPER(d.site) = 'SITE 7'"),
    "online": ("status=online", "p.connected"),
    "pending": ("pending=true", "s.pending"),
    "by the filter bar": ("filter=site:%22Site+7%22+product:Model*", "UPPER(d.site) = 'SITE 7'"),
    "directory": ("directory={wide}", "d.directory_id = ANY(%(below)s)"),
}

PLAIN = """
    SELECT d.*, p.*, s.pending, s.deferred, r.name FROM devices_device d
    JOIN devices_presence p ON p.device_id = d.id JOIN devices_settingsstate s ON s.device_id = d.id
    JOIN devices_directory r ON r.id = d.directory_id
    WHERE {where} AND d.name >= %(name)s AND (d.name > %(name)s OR d.id > %(id)s)
    ORDER BY d.name, d.id LIMIT 100
"""


def measure(devices: int = DEVICES, rounds: int = ROUNDS) -> Iterator[Figure]:
    """One figure for each filter and depth: the 95th percentile in seconds, beside the baseline's."""
    from tests.services.postgresql import PostgreSQL

    with PostgreSQL() as server, tempfile.TemporaryDirectory() as data:
        os.environ.update(UMS_DATABASE_URL=server.create_database("bench"), UMS_DATA=data, UMS_LOG_FORMAT="json")
        os.environ.update(UMS_API_RATE="0")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ums.project.settings")
        import django
        from django.db import connections

        django.setup()
        try:
            yield from _measured(devices, rounds)
        finally:
            connections.close_all()
            for connection in connections.all():
                if hasattr(connection, "close_pool"):
                    connection.close_pool()


def _measured(devices: int, rounds: int) -> Iterator[Figure]:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    client, wide, below = _filled(devices)
    gc.collect()
    gc.freeze()
    for name, (query, where) in FILTERS.items():
        for depth, part in DEPTHS.items():
            last, cursor = _place(part, devices)
            address = f"/api/v1/devices/?limit=100&{query.format(wide=wide)}&after={cursor}"
            plain = partial(_plain, PLAIN.format(where=where), {**last, "below": below})
            value, baseline = _percentiles(rounds, partial(_ask, client, address), plain)
            yield figure(f"API, devices, {name}, {depth}", value, "s", baseline=baseline, limit=LIMIT, absolute=True)


def _ask(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 200, (address, response.status_code, response.content)
    assert response.content


def _plain(sql: str, values: dict[str, Any]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        json.dumps(cursor.fetchall(), default=str)


def _place(part: float, devices: int) -> tuple[dict[str, Any], str]:
    """The row that a page goes on behind, and its cursor; the first page goes on behind nothing."""
    from ums.core.paging import Order, cursor_at
    from ums.devices.models import Device

    if not part:
        return {"name": "", "id": 0}, ""
    row: Any = Device.objects.order_by("name", "pk")[int(devices * part)]
    row._paging_key = row.name
    return {"name": row.name, "id": row.pk}, cursor_at(Order("name", "name"), row)


def _filled(devices: int) -> tuple[Client, int, list[int]]:
    """A tenant of that size, a program with a superuser's token, and a site with what is below it."""
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.test import Client

    from ums.accounts.services import api_token_create
    from ums.core.actor import SYSTEM
    from ums.devices.models import Directory
    from ums.devices.selectors import directory_subtree_ids

    _devices(SEEDS, _directories())
    with connection.cursor() as cursor:
        _copied(cursor, devices // SEEDS - 1)
        cursor.execute("VACUUM ANALYZE")
    user = get_user_model()(username="bench", is_superuser=True)
    user.save()
    _, token = api_token_create(actor=SYSTEM, user=user, name="bench")
    client = Client(headers={"host": "localhost", "authorization": f"Token {token}"})
    client.defaults["wsgi.url_scheme"] = "https"
    wide = Directory.objects.get(name="Site 1").pk
    return client, wide, directory_subtree_ids(directory_id=wide)


def _copied(cursor: Any, times: int) -> None:
    """So many copies of each device, with its presence and state."""
    from ums.devices.models import Device, Presence, SettingsState

    own = {"unit_id": "d.unit_id || '-' || k", "name": "d.name || '-' || k"}
    columns = [
        str(field.column) for field in Device._meta.concrete_fields if not (field.primary_key or field.generated)
    ]
    values = ", ".join(own.get(column, f"d.{column}") for column in columns)
    cursor.execute(
        f"INSERT INTO devices_device ({', '.join(columns)}) "
        f"SELECT {values} FROM devices_device d CROSS JOIN generate_series(1, %s) k",
        [times],
    )
    cursor.execute("ANALYZE devices_device")  # so that the copies of what belongs to devices are found by a hash
    for model in (Presence, SettingsState):
        table = model._meta.db_table
        columns = [str(field.column) for field in model._meta.concrete_fields if not field.primary_key]
        cursor.execute(
            f"INSERT INTO {table} (device_id, {', '.join(columns)}) "
            f"SELECT d.id, {', '.join(f'o.{column}' for column in columns)} FROM devices_device d "
            f"JOIN devices_device f ON f.unit_id = split_part(d.unit_id, '-', 1) AND f.id <> d.id "
            f"JOIN {table} o ON o.device_id = f.id"
        )
