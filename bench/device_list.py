"""The device list with 50,000 devices on PostgreSQL: time in the server until the page is rendered.

Each kind of address is asked for through Django's own request handling, with session and permissions: once as the first
page with its frame and tree, then as the console itself goes on from page to page. The baseline is what any list costs:
the first 100 rows by an index, put into a small template. That the number of queries does not depend on what is in the
database is held by tests/apps/devices/test_list.py.
"""

from __future__ import annotations

import gc
import os
import random
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from statistics import quantiles
from time import perf_counter
from typing import TYPE_CHECKING, Any

from bench.harness import Figure, figure

if TYPE_CHECKING:
    from django.test import Client

DEVICES = 50_000
DIRECTORIES = 1_000
ROUNDS = 40
LIMIT = 0.1

GOING_ON = {"HX-Request": "true", "X-UMS-Frame": "1"}
"""What static/js/requests.js sends: the frame is there already."""

ADDRESSES: dict[str, str] = {
    "all": "",
    "next page": "sort=name&after={middle}&at=101",
    "a deep directory": "directory={deep}",
    "a site's directory": "directory={wide}",
    "by last contact": "sort=-last_contact",
    "by last contact, longest ago": "sort=last_contact",
    "by directory": "sort=directory",
    "online": "f=status:online",
    "late, which few are": "f=status:late",
    "pending": "f=settings:pending",
    "a word": "q=tc-04711",
    "a word that is nowhere": "q=nowhere",
    "site and product": "f=site:Site+7&f=product:Model+3*",
    "not seen for a week": "f=last-contact:%3E7d&sort=-last_contact",
}


def measure(devices: int = DEVICES, rounds: int = ROUNDS) -> Iterator[Figure]:
    """One figure for each kind of address: the 95th percentile in seconds, beside the baseline's."""
    from tests.services.postgresql import PostgreSQL

    with PostgreSQL() as server, tempfile.TemporaryDirectory() as data:
        os.environ.update(UMS_DATABASE_URL=server.create_database("bench"), UMS_DATA=data, UMS_LOG_FORMAT="json")
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
    client, places = _filled(devices)
    # As a server does at its start (ums.project.asgi): what is there stays, and is not looked through again and again.
    gc.collect()
    gc.freeze()
    asked = [("first page with its frame", "", {}), *((name, query, GOING_ON) for name, query in ADDRESSES.items())]
    for name, query, headers in asked:
        address = f"/webapp/devices/?{query.format(**places)}"
        value, baseline = _percentiles(rounds, partial(_ask, client, address, headers), _plain)
        yield figure(f"device list, {name}", value, "s", baseline=baseline, limit=LIMIT, absolute=True)


def _ask(client: Client, address: str, headers: dict[str, str]) -> None:
    response = client.get(address, headers=headers)
    assert response.status_code == 200, (address, response.status_code)


def _plain() -> None:
    from django.db import connection
    from django.template import engines

    template = engines["django"].from_string("{% for row in rows %}<tr><td>{{ row.0 }}</td></tr>{% endfor %}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM devices_device ORDER BY name, id LIMIT 100")
        template.render({"rows": cursor.fetchall()})


def _percentiles(rounds: int, *runs: Callable[[], None]) -> tuple[float, ...]:
    """The 95th percentile of each, in turns so that a busy machine meets both."""
    for run in runs:
        run()
    times: tuple[list[float], ...] = tuple([] for _ in runs)
    for _ in range(rounds):
        for run, taken in zip(runs, times, strict=True):
            start = perf_counter()
            run()
            taken.append(perf_counter() - start)
    return tuple(quantiles(taken, n=20)[-1] for taken in times)


def _filled(devices: int) -> tuple[Client, dict[str, Any]]:
    """A tenant of that size, and a superuser's browser."""
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.test import Client

    from ums.core.paging import cursor_at
    from ums.devices.models import Device, Directory
    from ums.devices.tables import order_of

    directories = _directories()
    _devices(devices, directories)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    user = get_user_model()(username="bench", is_superuser=True)
    user.save()
    client = Client(headers={"host": "localhost"})
    client.defaults["wsgi.url_scheme"] = "https"
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    middle = Device.objects.order_by("name", "pk")[devices // 2]
    middle._paging_key = middle.name  # type: ignore[attr-defined]
    wide = Directory.objects.get(name="Site 1")
    return client, {"middle": cursor_at(order_of("name"), middle), "deep": directories[-1], "wide": wide.pk}


def _directories() -> list[int]:
    """Sites, buildings, floors, rooms; the keys of the rooms."""
    from ums.devices.models import Directory, DirectoryKind
    from ums.devices.selectors import directory_root

    level = [directory_root()]
    for name, each in (("Site", 10), ("Building", 5), ("Floor", 4), ("Room", 4)):
        made = [
            Directory(kind=DirectoryKind.DEVICE, parent=parent, name=f"{name} {number}")
            for parent in level
            for number in range(each)
        ]
        level = Directory.objects.bulk_create(made)
    return [directory.pk for directory in level]


def _devices(count: int, directories: list[int]) -> None:
    from django.utils import timezone

    from ums.devices.models import Device, NetworkAdapter, Presence, SettingsState

    rng, now = random.Random(5), timezone.now()
    made = Device.objects.bulk_create(
        [
            Device(
                unit_id=f"00e0c5{number:06x}",
                name=f"TC-{number:05d}",
                directory_id=rng.choice(directories),
                site=f"Site {number % 10}",
                department=f"Department {number % 40}",
                product=f"Model {number % 7}",
                firmware="UMS Linux",
                firmware_version=f"1.{number % 12}.0",
                ip_address=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
                serial_number=f"SN{rng.randrange(10**9):09d}",
                asset_id=f"A-{number:06d}",
            )
            for number in range(count)
        ],
        batch_size=2000,
    )
    NetworkAdapter.objects.bulk_create(
        [NetworkAdapter(device=one, name="eth0", mac=one.unit_id) for one in made], batch_size=5000
    )
    # In the future counts as just now, so that they stay online while this measures.
    contacts = [now + timedelta(seconds=rng.random() * 600) if rng.random() < 0.8 else None for _ in made]
    Presence.objects.bulk_create(
        [
            Presence(device=one, connected=True, last_contact=contact)
            if contact
            else Presence(device=one, last_contact=now - timedelta(days=rng.random() * 30))
            for one, contact in zip(made, contacts, strict=True)
        ],
        batch_size=5000,
    )
    SettingsState.objects.bulk_create(
        [SettingsState(device=one, pending=rng.random() < 0.05, seq=2, applied_seq=1) for one in made], batch_size=5000
    )
