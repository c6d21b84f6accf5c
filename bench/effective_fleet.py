"""A tenant of 50,000 devices in 500 directories with 25 assignments each, for the benchmarks of effective settings.

`python -m bench.effective_fleet 50000` reads the tags of so many devices from cold, in a process that knows nothing
yet, and prints a JSON line.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ums.devices.models import Directory
    from ums.profiles.models import Profile

SITES = 10
ROOMS = 49
"""In each site; so 500 directories with the sites themselves."""
PROFILES = 250
ASSIGNED = 25
PARAMETERS = 200
CATALOGUE = 500
FIRMWARE = ("Bench Linux", "1.0.0")
PART = 2_000
"""Devices that are read at once."""


@contextmanager
def database() -> Iterator[None]:
    """PostgreSQL of its own, with Django set up for it and migrated."""
    from tests.services.postgresql import PostgreSQL

    with PostgreSQL() as server, tempfile.TemporaryDirectory() as data:
        os.environ.update(UMS_DATABASE_URL=server.create_database("bench"), UMS_DATA=data, UMS_LOG_FORMAT="json")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ums.project.settings")
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        try:
            call_command("migrate", verbosity=0)
            yield
        finally:
            connections.close_all()
            for connection in connections.all():
                if hasattr(connection, "close_pool"):
                    connection.close_pool()


def fill(devices: int) -> tuple[list[Directory], list[Profile]]:
    """The tenant; its sites and its profiles."""
    from django.db import connection

    from ums.devices.models import Directory
    from ums.devices.selectors import directory_root
    from ums.profiles.models import Assignment

    rng = random.Random(3)
    profiles = _profiles(rng)
    root = directory_root()
    sites = Directory.objects.bulk_create([Directory(parent=root, name=f"Site {n}") for n in range(SITES)])
    rooms = Directory.objects.bulk_create(
        [Directory(parent=site, name=f"Room {n}") for site in sites for n in range(ROOMS)]
    )
    directories = [*sites, *rooms]
    Assignment.objects.bulk_create(
        [
            Assignment(profile=profile, directory=directory, author_name="bench")
            for directory in directories
            for profile in rng.sample(profiles, ASSIGNED)
        ],
        batch_size=2000,
    )
    _devices(devices, directories)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return sites, profiles


def all_tags(devices: int) -> int:
    """Reads the effective tag of every device, or of the first so many; how many different ones there are."""
    from ums.devices.models import Device
    from ums.effective.selectors import settings_for_devices

    ids = list(Device.objects.order_by("directory_id", "pk").values_list("pk", flat=True)[:devices])
    tags: dict[int, str] = {}
    for start in range(0, len(ids), PART):
        found = settings_for_devices(device_ids=ids[start : start + PART])
        tags.update({pk: one.result.tag for pk, one in found.items()})
    assert len(tags) == len(ids)
    return len(set(tags.values()))


def _profiles(rng: random.Random) -> list[Profile]:
    from ums.core.actor import SYSTEM
    from ums.devices.models import Directory, DirectoryKind
    from ums.profiles.models import Catalogue
    from ums.profiles.services import profile_create

    paths = [(f"page{n % 40}", f"page{n % 40}.parameter{n}") for n in range(CATALOGUE)]
    parameters = [{"path": path, "page": page, "type": "string", "default": "", "label": path} for page, path in paths]
    definition = {
        "format": "ums-catalogue/1",
        "name": FIRMWARE[0],
        "version": FIRMWARE[1],
        "os": "bench-linux",
        "pages": [{"id": f"page{n}", "title": f"Page {n}", "parent": None} for n in range(40)],
        "classes": [],
        "parameters": parameters,
    }
    based_on = Catalogue.objects.create(
        name=FIRMWARE[0], version=FIRMWARE[1], os="bench-linux", checksum="bench", definition=json.dumps(definition)
    )
    directory = Directory.objects.get(kind=DirectoryKind.PROFILE, parent=None)
    found = []
    for number in range(PROFILES):
        chosen = rng.sample(parameters, PARAMETERS)
        values = {str(one["path"]): f"value {number} {rng.randrange(10)}" for one in chosen}
        settings: dict[str, Any] = {"values": values, "instances": {}}
        found.append(
            profile_create(
                actor=SYSTEM, name=f"Profile {number}", directory=directory, based_on=based_on, settings=settings
            )
        )
    return found


def _devices(count: int, directories: list[Directory]) -> None:
    from ums.devices.models import Device, Presence, SettingsState

    made = Device.objects.bulk_create(
        [
            Device(
                unit_id=f"00e0c5{number:06x}",
                name=f"TC-{number:05d}",
                directory=directories[number % len(directories)],
                firmware=FIRMWARE[0],
                firmware_version=FIRMWARE[1],
            )
            for number in range(count)
        ],
        batch_size=2000,
    )
    Presence.objects.bulk_create([Presence(device=one) for one in made], batch_size=5000)
    SettingsState.objects.bulk_create(
        [SettingsState(device=one, pending=False, applied_seq=1) for one in made], batch_size=5000
    )


def _memory(name: str) -> int:
    """Bytes of this process: `VmRSS` now, `VmHWM` at its highest."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def main() -> None:
    """Measure one cold run in the database of the environment."""
    import django

    django.setup()
    from django.db import connection

    connection.ensure_connection()
    before, start = _memory("VmRSS"), perf_counter()
    distinct = all_tags(int(sys.argv[1]))
    seconds = perf_counter() - start
    json.dump({"seconds": seconds, "growth": _memory("VmHWM") - before, "distinct": distinct}, sys.stdout)


if __name__ == "__main__":
    main()
