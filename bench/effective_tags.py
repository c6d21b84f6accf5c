"""Effective settings of 50,000 devices in 500 directories with 25 assignments each, on PostgreSQL.

1. All tags from cold, in a process of its own: time, and how far its memory grows. Baseline: reading id and directory
   of all devices, and merging the same dicts for each directory.
2. A change on a site of 5,000 devices: until all of them have their new tags. Baseline: one UPDATE of as many rows.
3. The preview of a change on all devices. Baseline: reading what it has to know of each device, twice.
4. The same as 1 when each device has a plan of its own, since a profile on all of them puts in the name of the device:
   nothing is shared; of the first 5,000 devices only. Baseline: the same devices before.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from bench.effective_fleet import PART, database, fill
from bench.harness import Figure, figure

if TYPE_CHECKING:
    from ums.devices.models import Directory
    from ums.profiles.models import Profile

DEVICES = 50_000
ROUNDS = 5
OWN_PLANS = 5_000
"""Devices whose tags are read when nothing is shared."""
MB = 2**20


def measure(devices: int = DEVICES, rounds: int = ROUNDS) -> Iterator[Figure]:
    """The figures, each beside its baseline."""
    with database():
        sites, profiles = fill(devices)
        gc.collect()
        gc.freeze()
        cold, (plain, size) = _cold(), _plain_tags()
        yield figure("effective tags from cold", cold["seconds"], "s", baseline=plain, limit=30, absolute=True)
        yield figure("memory for it", cold["growth"] / MB, "MB", baseline=size / MB, limit=300, absolute=True)
        value, baseline, recomputed = _changed_site(sites[0], profiles[0], rounds)
        name = f"change on a site, {recomputed:,} devices recomputed"
        yield figure(name, value, "s", baseline=baseline, limit=2, absolute=True)
        value, baseline = _previewed(profiles[1], rounds)
        yield figure("preview of a change on all devices", value, "s", baseline=baseline, limit=2, absolute=True)
        count = min(devices, OWN_PLANS)
        shared = _cold(count)
        _name_in_settings(profiles[0])
        own = _cold(count)
        assert own["distinct"] == count, "each device has a tag of its own"
        name = f"effective tags from cold, {count:,} plans"
        yield figure(name, own["seconds"], "s", baseline=shared["seconds"], limit=25, absolute=True)
        yield figure(
            "memory for it", own["growth"] / MB, "MB", baseline=shared["growth"] / MB, limit=300, absolute=True
        )


def _cold(devices: int = DEVICES) -> dict[str, float]:
    """The tags in a process that knows nothing yet: seconds, how far its memory grew, how many different tags."""
    command = [sys.executable, "-m", "bench.effective_fleet", str(devices)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return found


def _name_in_settings(like: Profile) -> None:
    """A priority profile on the root directory with the name of the device in a value; `like` says for what."""
    from ums.core.actor import SYSTEM
    from ums.devices.models import DirectoryKind
    from ums.devices.selectors import directory_root
    from ums.profiles.services import profile_create, profiles_assign

    named = profile_create(
        actor=SYSTEM,
        name="Named",
        directory=directory_root(kind=DirectoryKind.PRIORITY_PROFILE),
        based_on=like.based_on,
        settings={"values": {"page0.parameter0": {"expression": "${DEVICENAME}"}}, "instances": {}},
    )
    profiles_assign(actor=SYSTEM, profiles=[named], targets=[directory_root()])


def _plain_tags() -> tuple[float, int]:
    """Seconds, and the bytes of what was read and merged."""
    from django.db import connection

    from ums.profiles.models import Assignment, Revision

    contents = {row.profile_id: row.content["values"] for row in Revision.objects.all()}
    start = perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, directory_id FROM devices_device")
        rows = cursor.fetchall()
    merged: dict[int, dict[str, Any]] = {}
    for directory, profile in Assignment.objects.order_by().values_list("directory_id", "profile_id"):
        merged.setdefault(directory or 0, {}).update(contents[profile])
    seconds = perf_counter() - start
    size = sum(map(sys.getsizeof, (*rows, *merged.values(), *contents.values())))
    return seconds, size


def _changed_site(site: Directory, profile: Profile, rounds: int) -> tuple[float, float, int]:
    """Seconds from the change until the devices that it marked have their tags; of an UPDATE; and how many devices."""
    from django.db import connection

    from ums.core.actor import SYSTEM
    from ums.devices.models import SettingsState
    from ums.effective.selectors import settings_for_devices
    from ums.profiles.models import Assignment
    from ums.profiles.services import profiles_assign, profiles_unassign

    there = list(Assignment.objects.filter(profile=profile, directory=site).select_related("profile", "directory"))
    found: list[tuple[float, float, int]] = []
    for _ in range(rounds):
        profiles_unassign(actor=SYSTEM, assignments=there)
        SettingsState.objects.update(pending=False)
        start = perf_counter()
        there = profiles_assign(actor=SYSTEM, profiles=[profile], targets=[site])
        marked = list(SettingsState.objects.filter(pending=True).values_list("pk", flat=True))
        for at in range(0, len(marked), PART):
            settings_for_devices(device_ids=marked[at : at + PART])
        seconds = perf_counter() - start
        start = perf_counter()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE devices_settingsstate SET seq = seq + 1 WHERE device_id = ANY(%s)", [marked])
        found.append((seconds, perf_counter() - start, len(marked)))
    return median(one[0] for one in found), median(one[1] for one in found), found[0][2]


def _previewed(profile: Profile, rounds: int) -> tuple[float, float]:
    """Seconds of the preview of an assignment to the root directory, and of its baseline."""
    from django.db import connection

    from ums.core.actor import SYSTEM
    from ums.devices.models import Device
    from ums.devices.selectors import directory_root
    from ums.effective.preview import preview
    from ums.features.services import feature_switch
    from ums.profiles.kinds import PRIORITY_PROFILES
    from ums.profiles.models import ProfileKind
    from ums.profiles.services import profiles_assign

    feature_switch(actor=SYSTEM, name=PRIORITY_PROFILES, enabled=True)
    type(profile).objects.filter(pk=profile.pk).update(kind=ProfileKind.PRIORITY)
    root, devices = directory_root(), Device.objects.count()

    def ours() -> None:
        found = preview(lambda: profiles_assign(actor=SYSTEM, profiles=[profile], targets=[root]), user=None)
        assert found.looked_at == devices
        assert found.changed > devices * 0.7, "most have another value of one of its parameters"

    def plain() -> None:
        for _ in range(2):
            with connection.cursor() as cursor:
                cursor.execute("SELECT id, directory_id, firmware, firmware_version FROM devices_device")
                cursor.fetchall()

    return _seconds(ours, rounds), _seconds(plain, rounds)


def _seconds(run: Callable[[], None], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        start = perf_counter()
        run()
        taken.append(perf_counter() - start)
    return median(taken)
