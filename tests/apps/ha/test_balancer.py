"""`ums balancer` with the real HAProxy, before two real servers on one PostgreSQL."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from ha.balancer.certificate import fingerprint
from ha.balancer.runtime import PATIENCE, ask, look
from tests.services.agent import Agent
from tests.services.balancer import Balancer
from tests.services.postgresql import PostgreSQL
from tests.services.process import free_port, wait_until
from tests.services.server import Server

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

MASTER_KEY = "the master key that both servers have"


ADDRESS = "127.0.0.9"
"""Not where devices are: they connect from 127.0.0.1."""


class World:
    """Two servers and a balancer. `whole` starts again what a test has ended."""

    def __init__(self, directory: Path, postgresql: PostgreSQL) -> None:
        self.postgresql = postgresql
        self.database = f"balanced_{os.getpid()}"
        url = postgresql.create_database(self.database)
        self.servers = [Server(directory / name, database_url=url, address=ADDRESS) for name in ("north", "south")]
        for server in self.servers:
            server.environment["UMS_MASTER_KEY"] = MASTER_KEY
            server.start()
        self.balancer = Balancer(directory / "balancer", self.servers[0])

    @property
    def north(self) -> Server:
        return self.servers[0]

    @property
    def south(self) -> Server:
        return self.servers[1]

    def whole(self) -> None:
        for one in (*self.servers, self.balancer):
            if one.process is None or not one.process.running():
                one.start()
        self.balancer.wait_servers({server.port: "ready" for server in self.servers})

    def row(self) -> dict[str, Any]:
        """The row of the balancer."""
        with self.postgresql.connect(self.database) as connection:
            cursor = connection.execute(
                "SELECT epr_process_id, epr_service_status, connected, refused, detail FROM epr_processes "
                "WHERE epr_process_type = 'UMS_BROKER'"
            )
            names = [column.name for column in cursor.description or []]
            return dict(zip(names, cursor.fetchone() or (), strict=False))

    def status(self, expected: str) -> None:
        """Wait until the row has it."""
        wait_until(lambda: self.row().get("epr_service_status") == expected, 30, f"{expected}: {self.row()}")

    def stop(self) -> None:
        for one in (self.balancer, *self.servers):
            one.stop()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, postgresql: PostgreSQL) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("balanced"), postgresql)
    yield world
    world.stop()


@pytest.fixture
def world(running: World) -> World:
    running.whole()
    return running


@contextmanager
def load(balancer: Balancer) -> Iterator[list[str]]:
    """Four clients that ask again and again; the list gets each answer that was not 200."""
    bad: list[str] = []
    counts = [0] * 4
    ended = threading.Event()

    def client(number: int) -> None:
        with balancer.client() as asking:
            while not ended.is_set():
                try:
                    answer = asking.get("/ums/check-status")
                    if answer.status_code != 200:
                        bad.append(str(answer.status_code))
                except httpx.HTTPError as error:
                    bad.append(type(error).__name__)
                counts[number] += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: min(counts) >= 5, 60, "load")
        yield bad
        before = list(counts)
        wait_until(lambda: all(now > then + 5 for now, then in zip(counts, before, strict=True)), 60, "load goes on")
    finally:
        ended.set()
        for thread in threads:
            thread.join()


@contextmanager
def held(balancer: Balancer) -> Iterator[ssl.SSLSocket]:
    """A connection to one of the servers that stays: a request whose body is not sent. A device socket would be ended
    by the server when nothing is said on it for ten seconds."""
    context = ssl.create_default_context(cafile=balancer.data / "tls" / "ca.pem")
    with socket.create_connection((ADDRESS, balancer.port)) as plain:
        with context.wrap_socket(plain, server_hostname=ADDRESS) as connection:
            path = b"/device-connector/device/.well-known/est/simpleenroll"
            connection.sendall(b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n")
            yield connection


def handled(balancer: Balancer) -> dict[str, int]:
    """Requests that each server was given."""
    rows = [line.split(",") for line in ask(balancer.directory, "show stat").splitlines()]
    return {row[1]: int(row[7]) for row in rows if row[0] == "servers" and row[1] != "BACKEND"}


def test_requests_go_round_and_only_those_of_devices(world: World) -> None:
    before = handled(world.balancer)
    with world.balancer.client() as client:
        for _ in range(6):
            assert client.get("/ums/check-status").json() == {"status": "ok"}
        assert client.get("/device-connector/device/.well-known/est/cacerts").status_code == 200
        assert client.get("/device-connector/nothing").status_code == 404
        assert {now - before[name] for name, now in handled(world.balancer).items()} == {4}
        refused = look(world.balancer.directory)[1].refused
        for path in ("/webapp/", "/api/v1/devices/", "/metrics", "/", "/device-connector", "/ums/check-status/x"):
            assert client.get(path).status_code == 404, path
        assert sum(handled(world.balancer).values()) == sum(before.values()) + 8
    wait_until(lambda: world.row()["refused"] >= refused + 6, 30, "refused requests in the row")


def test_its_row_names_it_and_counts_connections(world: World) -> None:
    world.status("SERVICE_RUNNING")
    assert world.balancer.process is not None
    assert str(world.row()["epr_process_id"]).startswith(f"ums-broker-{world.balancer.process.pid}-")
    with held(world.balancer):
        wait_until(lambda: world.row()["connected"] == 1, 30, "a connection in the row")


def test_a_device_moves_when_its_server_is_killed_and_its_own_address_is_known(world: World, tmp_path: Path) -> None:
    with world.north.api() as api:
        made = api.post("enrolment-keys/", json={"name": "balanced", "kind": "bound", "unit_ids": ["BALANCED"]})
        made.raise_for_status()
        secret = made.json()["items"][0]["secret"]
        way = world.balancer.url
        device = Agent(tmp_path / "state", world.north, secret, unit_id="BALANCED", name="balanced", url=way)
        try:
            device.start()
            assert [entry["ip_address"] for entry in api.get("devices/").json()["items"]] == ["127.0.0.1"]
            port = next(port for port, one in world.balancer.servers().items() if one.sessions)
            here, there = sorted(world.servers, key=lambda server: server.port != port)
            here.kill()
            wait_until(lambda: world.balancer.servers()[there.port].sessions == 1, 30, "connected elsewhere")
        finally:
            device.stop()


def test_a_killed_server_costs_no_request_and_comes_back(world: World) -> None:
    with load(world.balancer) as bad:
        world.south.kill()
        wait_until(lambda: not world.balancer.servers()[world.south.port].answers, 30, "seen by the checks")
        world.balancer.wait_servers({world.north.port: "ready"})
    assert bad == []
    with load(world.balancer) as bad:
        world.south.start()
        world.balancer.wait_servers({server.port: "ready" for server in world.servers})
    assert bad == []


def test_a_server_that_stops_is_drained_and_others_keep_their_connections(world: World) -> None:
    with held(world.balancer) as first, held(world.balancer) as second:
        wait_until(lambda: [one.sessions for one in world.balancer.servers().values()] == [1, 1], 30, "one on each")
        with load(world.balancer) as bad:
            world.south.stop()
            world.balancer.wait_servers({world.north.port: "ready"})
        assert bad == []
        assert world.balancer.servers()[world.north.port].sessions == 1
        for connection in (first, second):
            connection.settimeout(0)
        ended = [connection for connection in (first, second) if has_ended(connection)]
        assert len(ended) == 1


def has_ended(connection: ssl.SSLSocket) -> bool:
    """Whether the other side has closed it. What it said before is read."""
    while True:
        try:
            if not connection.recv(4096):
                return True
        except ssl.SSLWantReadError:
            return False
        except OSError:
            return True


def has_gone(process: int) -> bool:
    """Whether a process has ended; nobody may have asked for its exit status yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("configured", ["alike", "otherwise"])
def test_haproxy_outlives_a_crash_of_ours_and_is_taken_over(world: World, configured: str) -> None:
    """`otherwise`: the program that comes after, of another version, writes another configuration."""
    haproxy = world.balancer.haproxy
    assert world.balancer.process is not None
    with held(world.balancer) as connection, load(world.balancer) as bad:
        worker = of_worker(world.balancer)
        world.balancer.process.kill()
        if configured == "otherwise":
            with (world.balancer.directory / "haproxy.cfg").open("a") as file:
                file.write("# of an earlier version\n")
        world.balancer.start()
        wait_until(lambda: (of_worker(world.balancer) == worker) == (configured == "alike"), 30, "its worker")
        connection.settimeout(0)
        assert not has_ended(connection)
        world.south.stop()
        world.balancer.wait_servers({world.north.port: "ready"})
        assert world.balancer.haproxy == haproxy
    assert bad == []


def of_worker(balancer: Balancer) -> int:
    """The process id of HAProxy's worker; 0 while it changes."""
    with suppress(OSError):
        return int(ask(balancer.directory, "show info").partition("Pid: ")[2].split()[0])
    return 0


@pytest.mark.parametrize("which", ["master", "worker", "hangs"])
def test_haproxy_is_started_again(world: World, which: str) -> None:
    haproxy = world.balancer.haproxy
    match which:
        case "master":
            os.kill(haproxy, signal.SIGKILL)
        case "worker":
            os.kill(of_worker(world.balancer), signal.SIGKILL)
        case "hangs":
            os.killpg(haproxy, signal.SIGSTOP)
    wait_until(lambda: world.balancer.haproxy not in {0, haproxy}, 60, "another HAProxy")
    world.balancer.wait_servers({server.port: "ready" for server in world.servers})
    with world.balancer.client() as client:
        assert client.get("/ums/check-status").status_code == 200
    world.status("SERVICE_RUNNING")
    assert has_gone(haproxy)


def test_a_start_without_database_takes_the_servers_that_were_there(world: World) -> None:
    assert world.balancer.stop() == 0
    world.status("SERVICE_STOPPED")
    world.balancer.environment["UMS_DATABASE_URL"] = f"postgres://nobody@127.0.0.1:{free_port()}/nothing"
    try:
        world.balancer.start()
        world.balancer.wait_servers({server.port: "ready" for server in world.servers})
        with load(world.balancer) as bad:
            pass
        assert bad == []
    finally:
        del world.balancer.environment["UMS_DATABASE_URL"]
        world.balancer.stop()


def test_the_end_ends_haproxy_too(world: World) -> None:
    haproxy = world.balancer.haproxy
    with held(world.balancer) as connection:
        assert world.balancer.stop() == 0
        assert has_ended(connection)
    assert has_gone(haproxy)


def shown_by(world: World) -> str:
    """SHA-256 of the certificate that the balancer shows."""
    certificate = ssl.get_server_certificate((ADDRESS, world.balancer.port), timeout=10)
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()


def certificate_of(server: Server, world: World) -> None:
    """Give the node of the balancer the certificate of this server."""
    for name in ("server.key", "server.pem"):
        shutil.copyfile(server.data / "tls" / name, world.balancer.data / "tls" / name)


def test_a_new_certificate_is_shown_at_once_and_connections_go_on(world: World) -> None:
    before = shown_by(world)
    assert before == fingerprint(world.balancer.data)
    with held(world.balancer) as connection:
        time.sleep(0.01)  # file times are coarse
        certificate_of(world.south, world)
        wait_until(lambda: shown_by(world) != before, 30, "the new certificate")
        assert shown_by(world) == fingerprint(world.balancer.data)
        connection.settimeout(0)
        assert not has_ended(connection)
    certificate_of(world.north, world)
    wait_until(lambda: shown_by(world) == before, 30, "the old certificate")


def test_a_new_certificate_that_haproxy_could_not_take_at_once_is_shown_later(world: World) -> None:
    before, haproxy = shown_by(world), world.balancer.haproxy
    os.killpg(haproxy, signal.SIGSTOP)
    try:
        certificate_of(world.south, world)
        wait_until(lambda: fingerprint(world.balancer.data) != before, 30, "the certificate in HAProxy's directory")
        time.sleep(PATIENCE + 0.5)
    finally:
        os.killpg(haproxy, signal.SIGCONT)
    wait_until(lambda: shown_by(world) == fingerprint(world.balancer.data) != before, 30, "the new certificate")
    assert world.balancer.haproxy == haproxy
    certificate_of(world.north, world)
    wait_until(lambda: shown_by(world) == before, 30, "the old certificate")


def test_files_are_for_their_owner_only(world: World) -> None:
    modes = {path.name: path.stat().st_mode & 0o77 for path in world.balancer.directory.iterdir()}
    assert {"haproxy.cfg", "certificate.pem", "servers.json", "admin.sock", "master.sock"} <= set(modes)
    assert world.balancer.directory.stat().st_mode & 0o77 == 0
    assert not any(
        modes[name] for name in ("haproxy.cfg", "certificate.pem", "servers.json", "admin.sock", "master.sock")
    )
