"""A network with devices, and people who work on it while something happens to it."""

from __future__ import annotations

import itertools
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self

import httpx
import psycopg

from ha.balancer.plan import Admin
from ha.balancer.runtime import look
from tests.services.devices import Devices
from tests.services.ha_demo import mass_key
from tests.services.network import Member, Network
from tests.services.process import wait_until

DEVICES = 20
ALL = {"UMS_WATCHDOG", "UMS_RMGUISERVER", "UMS_WORKER", "UMS_BROKER"}
VOLUME = "userinterface.sound.volume"

AGAIN = 300.0
"""Seconds until everything has to be normal again. A hang alone is given a minute, and machines are busy."""


class World:
    """Two nodes or more with server and load balancer each, and devices connected through all load balancers."""

    def __init__(self, network: Network) -> None:
        self.network = network
        north = network.members[0]
        self.devices = Devices(
            [member.device_url for member in network.members],
            north.authority,
            mass_key(north),
            DEVICES,
            network.directory / "devices",
        )
        made = network.ums("api-token", "people", "--data", str(north.data))
        self.token = made.splitlines()[-1]
        with self.client(north) as api:
            self.root = self._root(api, "device")
            profile = api.post("profiles/", json={"name": "For all", "directory": self._root(api, "profile")})
            profile.raise_for_status()
            self.profile = int(profile.json()["id"])
            assigned = api.post("assignments/", json={"profiles": [self.profile], "directories": [self.root]})
            assigned.raise_for_status()

    @staticmethod
    def _root(api: httpx.Client, kind: str) -> int:
        found = api.get("directories/", params={"kind": kind, "limit": 500}).json()["items"]
        return int(next(entry["id"] for entry in found if entry["parent"] is None))

    def client(self, member: Member) -> httpx.Client:
        """Of the API of this node's server."""
        return httpx.Client(
            base_url=f"{member.url}/api/v1/",
            headers={"Authorization": f"Token {self.token}"},
            verify=ssl.create_default_context(cafile=member.authority),
            timeout=10,
        )

    # ------------------------------------------------------------ what is

    def rows(self, member: Member) -> dict[str, dict[str, Any]]:
        """The rows of its processes by type; nothing while the database is away."""
        names = ("status", "pid", "life", "detail", "skew", "fresh")
        with suppress(psycopg.Error):
            return {
                kind: dict(zip(names, values, strict=True))
                for kind, *values in self.network.query(
                    "SELECT epr_process_type, epr_service_status, pid, life, detail, process.skew, "
                    "clock_timestamp() - epr_timestamp < interval '3 seconds' FROM epr_processes process "
                    "JOIN ha_node node ON node.id = process.node_id WHERE node.name = %s",
                    member.name,
                )
            }
        return {}

    def running(self, member: Member) -> set[str]:
        """Types of its processes that run and say so."""
        return {kind for kind, row in self.rows(member).items() if row["status"] == "SERVICE_RUNNING" and row["fresh"]}

    def statuses(self, member: Member) -> set[str]:
        """What the rows of its processes say, one and all."""
        return {str(row["status"]) for row in self.rows(member).values()}

    async def reconnect(self) -> None:
        """All devices leave and come back, to whichever server the load balancers choose."""
        for device in self.devices.all:
            if device.session is not None:
                device.session.leave(1.0)

    def events(self) -> list[str]:
        """What the network wrote about itself."""
        return [text for (text,) in self.network.query("SELECT text FROM ha_networkevent ORDER BY id")]

    def gone(self, processes: Iterable[int]) -> None:
        """Wait until the network no longer says that these processes run."""

        def replaced() -> bool:
            rows = [row for member in self.network.members for row in self.rows(member).values()]
            return bool(rows) and not any(row["pid"] in processes and row["fresh"] for row in rows)

        wait_until(replaced, 60, "the end is known", 0.1)

    # ------------------------------------------------------------ what must be

    @contextmanager
    def trial(self) -> Iterator[None]:
        """While something happens people change things and give commands. Afterwards, without a hand, everything is
        normal again: nothing that was acknowledged is lost, and each command was carried out once."""
        with Work(self) as work:
            wait_until(lambda: bool(work.batches), 60, "somebody works")
            yield
            self.normal()
            given = len(work.batches)
            wait_until(lambda: len(work.batches) > given + 1, 60, "work goes on")
        self.normal()
        work.check()

    def normal(self) -> None:
        """Wait until everything is as it was before. Raises TimeoutError that names what is not.

        While people work there is always something under way: what was given before the call has to be done.
        """
        end = time.monotonic() + AGAIN
        for member in self.network.members:
            self._wait(end, lambda of=member: self.running(of) >= ALL, f"all of {member.name} running")
            self._wait(end, lambda of=member: self._balanced(of), f"all servers behind {member.name}")
        self._wait(end, lambda: self.devices.connected == DEVICES, "all devices connected")
        self._wait(end, lambda: self._count(_SEEN) == DEVICES, "all devices seen by the server that they are on")
        commands, changes = self._count(_COMMANDS), self._count(_CHANGES)
        assert min(commands, changes) >= 0, "the database is there"
        self._wait(end, lambda: self._count(_OPEN, commands) == 0, "all commands carried out")
        self._wait(end, lambda: self._count(_PENDING, changes) == 0, "all devices have their settings")

    def _wait(self, end: float, true: Any, what: str) -> None:
        try:
            wait_until(true, max(1.0, end - time.monotonic()), what, 0.2)
        except TimeoutError as error:
            rows = {member.name: self.rows(member) for member in self.network.members}
            raise TimeoutError(f"{error}; {self.devices.connected} devices are connected; {rows}") from None

    def _balanced(self, member: Member) -> bool:
        with suppress(OSError):
            servers = look(member.data / "balancer")[0]
            usable = [server for server in servers if server.admin == Admin.READY and server.answers]
            return len(usable) == len(self.network.members)
        return False

    def _count(self, query: Any, *parameters: Any) -> int:
        """The number that a query gives; -1 while the database is away."""
        with suppress(psycopg.Error):
            return int(self.network.query(query, *parameters)[0][0])
        return -1


_SEEN = (
    "SELECT count(*) FROM devices_presence WHERE connected AND server IN "
    "(SELECT life FROM epr_processes WHERE epr_process_type = 'UMS_RMGUISERVER')"
)
_COMMANDS = "SELECT coalesce(max(id), 0) FROM jobs_command"
_CHANGES = "SELECT coalesce(max(seq), 0) FROM devices_settingsstate"
_OPEN = "SELECT count(*) FROM jobs_command WHERE state IN ('queued', 'sent') AND id <= %s"
_PENDING = "SELECT count(*) FROM devices_settingsstate WHERE pending AND seq <= %s"


class Work:
    """People: one makes a directory after the other, changes a profile and gives commands, at whatever server answers.

    What was acknowledged is remembered. What got no answer may have happened, or not.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="people", daemon=True)
        self._servers = itertools.cycle(world.network.members)
        self.made: list[str] = []
        self.batches: list[int] = []
        self.revisions: list[int] = []
        self.refused: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join(30)

    def _run(self) -> None:
        api = self._world.client(next(self._servers))
        for turn in itertools.count():
            if self._ended.wait(0.2):
                break
            try:
                self._directory(api, turn)
                if turn % 5 == 0:
                    self._profile(api, turn)
                    self._command(api)
            except httpx.HTTPError as error:
                self.refused.append(f"{type(error).__name__}: {error}")
                api.close()
                api = self._world.client(next(self._servers))
        api.close()

    def _directory(self, api: httpx.Client, turn: int) -> None:
        name = f"Work {id(self)} {turn}"
        api.post("directories/", json={"parent": self._world.root, "name": name}).raise_for_status()
        self.made.append(name)

    def _profile(self, api: httpx.Client, turn: int) -> None:
        url = f"profiles/{self._world.profile}/settings/"
        base = api.get(url).raise_for_status().json()["number"]
        wanted = {"base": base, "settings": {"values": {VOLUME: turn % 100}, "instances": {}}}
        saved = api.put(url, json=wanted).raise_for_status()
        self.revisions.append(int(saved.json()["number"]))

    def _command(self, api: httpx.Client) -> None:
        devices = [
            entry["id"] for entry in api.get("devices/", params={"limit": 100}).raise_for_status().json()["items"]
        ]
        given = {"kind": "message", "arguments": {"text": "Hello"}, "devices": devices}
        batch = api.post("commands/", json=given).raise_for_status().json()
        self.batches.append(int(batch["id"]))

    def check(self) -> None:
        """All that was acknowledged is there, and each command was carried out once. Raises AssertionError."""
        query = self._world.network.query
        assert set(self.made) <= {name for (name,) in query("SELECT name FROM devices_directory")}
        assert set(self.batches) <= {pk for (pk,) in query("SELECT id FROM jobs_batch")}
        numbers = query("SELECT number FROM profiles_revision WHERE profile_id = %s", self._world.profile)
        assert set(self.revisions) <= {number for (number,) in numbers}
        states = dict(query("SELECT state, count(*) FROM jobs_command GROUP BY state"))
        assert set(states) == {"succeeded"}, states
        assert self._world.devices.executed == states["succeeded"]
