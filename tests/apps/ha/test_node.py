"""`ums node start` with real processes: what is killed comes back, what is stopped stays so, nothing is left behind."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator

import httpx
import psycopg
import pytest
from psycopg import sql

from tests.services.node import Node
from tests.services.postgresql import PostgreSQL
from tests.services.process import wait_until

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

ALL = {"UMS_WATCHDOG", "UMS_RMGUISERVER", "UMS_WORKER", "UMS_BROKER"}


@pytest.fixture(scope="module")
def node(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node with everything; each test leaves it running."""
    data = tmp_path_factory.mktemp("node") / "data"
    with Node(data, postgresql.create_database("node_processes"), balancer=True) as running:
        yield running


@pytest.fixture(autouse=True)
def whole(node: Node) -> Iterator[None]:
    """All of it runs before the next test begins."""
    yield
    wait_until(lambda: node.running() >= ALL, 240, "everything runs again", 0.2)


def events(node: Node) -> list[str]:
    with psycopg.connect(node.database_url) as connection:
        return [row[0] for row in connection.execute("SELECT text FROM ha_networkevent ORDER BY id")]


def service(node: Node, what: str, *options: str) -> str:
    """An administrator starts or stops its server; what is refused, if anything."""
    return node.ums("service", what, "server", *options).stderr


def test_the_ports_serve_what_they_are_for(node: Node) -> None:
    assert node.status() == node.status(node.device_url) == "ok"
    assert httpx.get(f"{node.url}/webapp/", verify=False).status_code == 302
    for path in ("/webapp/", "/api/v1/devices/", "/accounts/login/", "/metrics", "/ums/check-status/../../webapp/"):
        assert httpx.get(f"{node.device_url}{path}", verify=False).status_code == 404, path


def test_only_its_owner_reaches_what_it_wrote(node: Node) -> None:
    for name in ("run/supervisor.sock", "run/supervisord.conf", "log/server.log", "node.lock", "tls/server.key"):
        assert stat.S_IMODE((node.data / name).stat().st_mode) & 0o077 == 0, name
    again = node.ums("node", "start")
    assert again.returncode == 1
    assert "The node runs already" in again.stderr


@pytest.mark.parametrize("kind", sorted(ALL))
def test_what_is_killed_comes_back(node: Node, kind: str) -> None:
    before, others = node.rows()[kind], {other: node.pid(other) for other in ALL - {kind}}
    os.kill(node.pid(kind), signal.SIGKILL)
    wait_until(lambda: node.rows().get(kind, before)["life"] != before["life"], 10, "its end is known", 0.05)
    wait_until(lambda: kind in node.running() and node.pid(kind) != before["pid"], 90, "it runs again", 0.1)
    assert {other: node.pid(other) for other in others} == others
    if kind == "UMS_RMGUISERVER":
        assert node.rows()[kind]["id"] == before["id"]
        assert any("UMS Server" in text and text.endswith("has failed.") for text in events(node))


def test_what_hangs_is_killed(node: Node) -> None:
    before = node.pid("UMS_WORKER")
    os.kill(before, signal.SIGSTOP)
    node.wait("UMS_WORKER", "SERVICE_LOST", 30)
    wait_until(lambda: node.pid("UMS_WORKER") not in {0, before}, 150, "another worker", 0.5)
    assert before not in node.processes()


def test_without_the_database_all_goes_on(node: Node, postgresql: PostgreSQL) -> None:
    server, worker, watchdog = (node.pid(kind) for kind in ("UMS_RMGUISERVER", "UMS_WORKER", "UMS_WATCHDOG"))
    log = node.data / "log" / "supervisord.log"
    name = node.database_url.rpartition("/")[2]
    with postgresql.connect() as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)))
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: "exited: worker (exit status 1" in log.read_text(), 60, "a worker that cannot start", 0.1)
        assert set(node.processes()) >= {server, watchdog}
        connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(sql.Identifier(name)))
    wait_until(lambda: node.running() >= ALL, 240, "everything is back", 0.2)
    assert node.pid("UMS_RMGUISERVER") == server
    assert node.pid("UMS_WORKER") != worker


def test_what_an_administrator_stopped_stays_so(node: Node) -> None:
    assert "is the last one that runs" in service(node, "stop")
    assert service(node, "stop", "--yes") == ""
    for kind in ("UMS_RMGUISERVER", "UMS_WORKER"):
        node.wait(kind, "SERVICE_STOPPED")
    with pytest.raises(httpx.ConnectError):
        httpx.get(node.url, verify=False)
    assert node.running() >= {"UMS_WATCHDOG", "UMS_BROKER"}

    assert node.stop() == 0
    node.gone(5)
    node.start(wanted={"UMS_WATCHDOG", "UMS_BROKER"})
    assert node.rows()["UMS_RMGUISERVER"]["status"] == "SERVICE_STOPPED"
    assert not any("cli server" in line or "cli worker" in line for line in node.processes().values())

    assert service(node, "start") == ""
    node.wait("UMS_RMGUISERVER", "SERVICE_RUNNING")
    assert node.status() in {"ok", "warn"}  # its worker may need a moment more


def test_nothing_goes_on_without_supervisor(node: Node) -> None:
    assert node.process is not None
    node.process.kill()
    node.gone()
    assert {row["status"] for row in node.rows().values()} == {"SERVICE_STOPPED"}
    refusal = node.ums("node", "stop")
    assert refusal.returncode == 1
    assert "does not run" in refusal.stderr
    node.start()


def test_it_is_stopped_from_another_shell(node: Node) -> None:
    stopped = node.ums("node", "stop")
    assert stopped.returncode == 0, stopped
    assert node.processes() == {}
    assert {row["status"] for row in node.rows().values()} == {"SERVICE_STOPPED"}
    node.start()
