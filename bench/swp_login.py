"""Users who log in at devices: one, and 500 within ten seconds on 500 devices, against Samba with 10,000 users.

One login: from the message to the settings, against a bind and the same searches in plain ldap3 on connections that are
open already. A shift change: the slowest 5 % of 500 logins, and what the connections of other devices take meanwhile
(TCP, TLS, hello, ready), against what they take before. PostgreSQL; devices and plain ldap3 in this process.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import ldap3

from bench.harness import Figure, figure
from bench.settings_transfer import _post, _root
from bench.swp_world import PEOPLE, USERS, company
from tests.services.devices import Devices
from tests.services.ldif import PASSWORD
from tests.services.postgresql import PostgreSQL
from tests.services.process import wait_until
from tests.services.samba import Samba
from tests.services.server import Server
from ums.agent.fleet import SimulatedDevice
from ums.domain.protocol import LoginOutcome

SHIFT, WITHIN = 500, 10.0
"""Users, and the seconds in which they come."""

ALONE = 40
"""Logins one after the other."""

OTHERS = 20
"""Devices that connect all the time."""

BEFORE = 8.0
"""Seconds that they do it before the shift comes."""


def measure() -> Iterator[Figure]:
    """One login, the shift change, the others."""
    with (
        tempfile.TemporaryDirectory(prefix="ums-bench-") as directory,
        PostgreSQL() as postgresql,
        company(int(os.environ.get("UMS_BENCH_USERS", USERS)), passwords=SHIFT) as ad,
    ):
        server = Server(Path(directory) / "data", database_url=postgresql.create_database("logins"))
        server.start()
        try:
            with server.api() as api:
                key = _prepared(server, api, ad, Path(directory))
            authority = server.data / "tls" / "ca.pem"
            count = ALONE + SHIFT + OTHERS
            with Devices([server.url], authority, key, count, Path(directory) / "fleet") as devices:
                devices.wait_connected(300)
                yield from _measured(devices, ad)
        finally:
            server.stop()


def _prepared(server: Server, api: httpx.Client, ad: Samba, directory: Path) -> str:
    """The directory is linked; a key to enrol with."""
    (directory / "ad.pem").write_text(ad.ca)
    words = [ad.domain, ad.netbios, ad.address, str(directory / "ad.pem"), f"browse@{ad.domain}", PASSWORD]
    environment = {**os.environ, **server.environment, "DJANGO_SETTINGS_MODULE": "ums.project.settings"}
    subprocess.run([sys.executable, "-m", "bench.swp_seed", *words], env=environment, check=True)
    ward = _post(api, "directories/", {"name": "Bench", "parent": _root(api, "device")})["id"]
    key = _post(api, "enrolment-keys/", {"name": "bench", "kind": "mass", "directory": ward})
    return str(key["items"][0]["secret"])


def _measured(devices: Devices, ad: Samba) -> Iterator[Figure]:
    alone, shift, others = (
        devices.all[:ALONE],
        devices.all[ALONE : ALONE + SHIFT],
        devices.all[ALONE + SHIFT :],
    )
    plain = Plain(ad)
    ours, theirs = [], []
    for number, device in enumerate(alone):
        theirs.append(plain.log_in(f"u{number}"))
        ours.append(devices.run(partial(_log_in, device, number, ad)))
        time.sleep(0.1)
    # The first ones open connections, here and there.
    one, baseline = statistics.median(ours[5:]), statistics.median(theirs[5:])
    yield figure("swp login, one user to settings", one, "s", baseline=baseline, limit=1.5)

    async def change() -> tuple[list[float], list[float], list[float]]:
        quiet: list[float] = []
        busy: list[float] = []
        coming = asyncio.create_task(_come_and_go(others, quiet))
        await asyncio.sleep(BEFORE)
        coming.cancel()
        coming = asyncio.create_task(_come_and_go(others, busy))
        logins = await asyncio.gather(*(_later(device, n, ad) for n, device in enumerate(shift)))
        coming.cancel()
        return logins, quiet, busy

    wait_until(lambda: devices.connected == devices.count, 60, "all connected")
    logins, quiet, busy = devices.run(change)
    slow = statistics.quantiles(logins, n=20)[18]
    yield figure("shift change, 500 users in 10 s, p95", slow, "s", baseline=one, limit=2.0, absolute=True)
    before, meanwhile = statistics.median(quiet), statistics.median(busy)
    yield figure("hello of other devices meanwhile", meanwhile, "s", baseline=before, limit=1.2)


async def _log_in(device: SimulatedDevice, number: int, ad: Samba) -> float:
    """Seconds until the settings are there. Raises RuntimeError for anything but a good login."""
    session = device.session
    assert session is not None
    start, answers = time.perf_counter(), session.answers
    result = await device.log_in(f"u{number}", PASSWORD, ad.domain)
    if result.outcome != LoginOutcome.AUTH_OK:
        raise RuntimeError(f"u{number}: {result}")
    while session.answers == answers and device.session is session:
        await asyncio.sleep(0.0005)
    return time.perf_counter() - start


async def _later(device: SimulatedDevice, number: int, ad: Samba) -> float:
    await asyncio.sleep(WITHIN * number / SHIFT)
    return await _log_in(device, number, ad)


async def _come_and_go(others: list[SimulatedDevice], taken: list[float]) -> None:
    """One device after the other connects anew; the seconds that it takes."""
    while True:
        for device in others:
            if device.session is not None:
                device.session.leave(0.0)
                await _until(device, connected=False)
                start = time.perf_counter()
                await _until(device, connected=True)
                taken.append(time.perf_counter() - start)
            await asyncio.sleep(0.05)


async def _until(device: SimulatedDevice, *, connected: bool) -> None:
    while (device.session is not None) is not connected:
        await asyncio.sleep(0.0005)


class Plain:
    """A login as a script with ldap3 would do it: look up, bind, tokens, groups, units."""

    def __init__(self, ad: Samba) -> None:
        tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_data=ad.ca, valid_names=[ad.name])
        host = ldap3.Server(ad.address, use_ssl=True, tls=tls, get_info=ldap3.NONE)
        options = {"auto_referrals": False, "raise_exceptions": True}
        self._base = ad.base
        self._browse = ldap3.Connection(host, f"browse@{ad.domain}", PASSWORD, auto_bind=True, **options)
        self._user = ldap3.Connection(host, f"browse@{ad.domain}", PASSWORD, auto_bind=True, **options)

    def log_in(self, name: str) -> float:
        """The seconds."""
        start = time.perf_counter()
        attributes = ["objectGUID", "objectSid", "primaryGroupID", "memberOf", "sAMAccountName", "userAccountControl"]
        search = self._browse.search
        search(self._base, f"(&(objectClass=user)(sAMAccountName={name}))", attributes=attributes, paged_size=1000)
        dn = next(one["dn"] for one in self._browse.response if one["type"] == "searchResEntry")
        self._user.rebind(dn, PASSWORD)
        search(dn, "(objectClass=*)", ldap3.BASE, attributes=["tokenGroups"])
        sids = self._browse.response[0]["raw_attributes"]["tokenGroups"]
        known = "".join(f"(objectSid={''.join(f'{chr(92)}{byte:02x}' for byte in sid)})" for sid in sids)
        known += "".join(f"(distinguishedName={path},{self._base})" for path in (PEOPLE, PEOPLE.split(",")[1]))
        search(
            self._base,
            f"(|{known}(distinguishedName={self._base})(distinguishedName={dn}))",
            attributes=["objectGUID", "objectSid", "name", "memberOf", "objectClass"],
            paged_size=1000,
        )
        return time.perf_counter() - start
