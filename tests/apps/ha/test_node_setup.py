"""`ums node init|join|status` and `ums token` as administrators run them, with a real server and a real database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ha import nodefile
from tests.services.postgresql import PostgreSQL
from tests.services.process import free_port
from tests.services.server import Server

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

PROGRAM = Path(sys.executable).with_name("ums")


class Shell:
    """Runs commands in a directory. `output` is all that any of them printed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.output = ""

    def ums(self, *words: Any, code: int = 0, **environment: str) -> str:
        """What it printed on both outputs; the exit code must be `code`."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("UMS_")}
        done = subprocess.run(
            [PROGRAM, *map(str, words)],
            cwd=self.directory,
            env={**clean, "UMS_LOG_FORMAT": "json", **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert "Traceback" not in said
        self.output += said
        return said

    def node(self, action: str, data: str, *words: Any, components: str = "server", code: int = 0, **more: str) -> str:
        ports = [word for name in ("web", "device", "balancer") for word in (f"--{name}-port", free_port())]
        options = ["--components", components, "--data", data, "--bind", "127.0.0.1", *ports]
        return self.ums("node", action, *options, *words, code=code, **more)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture(scope="module")
def server(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    one = Server(tmp_path_factory.mktemp("server"), database_url=postgresql.create_database("join_server"))
    one.start()
    yield one
    one.stop()


def token(shell: Shell, server: Server, *words: Any, out: str = "t", **environment: str) -> Path:
    shell.ums("token", "create", "--data", server.data, "--out", out, *words, **server.environment, **environment)
    assert (shell.directory / out).stat().st_mode & 0o777 == 0o600
    return shell.directory / out


def modes(data: Path) -> dict[str, int]:
    return {str(path.relative_to(data)): path.stat().st_mode & 0o777 for path in data.rglob("*") if path.is_file()}


def test_the_first_node_and_its_token(shell: Shell, postgresql: PostgreSQL) -> None:
    url = postgresql.create_database("node_init")
    (shell.directory / "database").write_text(url + "\n")
    said = shell.node("init", "one", "--database-file", "database", components="server,balancer")
    data = shell.directory / "one"
    assert set(modes(data)) == {
        "admin-password", "node.toml", "secret.key", "tls/ca.pem", "tls/server.key", "tls/server.pem", "ums.lock",
    }  # fmt: skip
    assert set(modes(data).values()) == {0o600}
    assert (shell.directory / "UMS-Network.token").stat().st_mode & 0o777 == 0o600
    assert (data / "admin-password").read_text().strip() in said
    node = nodefile.read(data)
    assert node and (node.database_url, node.server, node.balancer) == (url, True, True)
    found = json.loads(shell.ums("node", "status", "--json", "--data", data, code=1))
    assert [(one["process"], one["status"]) for one in found] == [
        ("UMS Server", "never started"),
        ("UMS Load Balancer", "never started"),
    ]
    assert "a node's already" in shell.node("init", "one", "--database-file", "database", "--token-out", "t2", code=1)
    assert "UMS-Network.token exists" in shell.node("init", "two", "--database-file", "database", code=1)
    other = shell.node("init", "two", "--database-file", "database", "--token-out", "t2", code=1)
    assert "belongs to another installation" in other
    assert "ums node start" in shell.ums("up", "--data", data, code=1)
    assert not (shell.directory / "two").exists() and not (shell.directory / "t2").exists()
    assert url not in shell.output and (data / "secret.key").read_text().strip() not in shell.output


def test_the_embedded_database_has_to_be_asked_for(shell: Shell) -> None:
    assert "PostgreSQL 14 or newer" in shell.node("init", "one", code=1)
    assert not (shell.directory / "one").exists()
    shell.node("init", "one", "--embedded", components="server,balancer")
    data = shell.directory / "one"
    assert (data / "ums.sqlite3").exists()
    assert "never started" in shell.ums("node", "status", "--data", data, code=1)


def test_a_host_joins_by_token(shell: Shell, server: Server) -> None:
    token(shell, server, UMS_TOKEN_PASSPHRASE="horse")
    assert "give its passphrase" in shell.node("join", "south", "--token", "t", code=1)
    assert not (shell.directory / "south").exists()
    data = shell.directory / "south"
    shell.node("join", "south", "--token", "t", "--name", "south", components="balancer", UMS_TOKEN_PASSPHRASE="horse")
    assert set(modes(data)) == {"node.toml", "secret.key", "tls/ca.pem", "tls/server.key", "tls/server.pem", "ums.lock"}
    assert set(modes(data).values()) == {0o600}
    assert (data / "secret.key").read_text() == (server.data / "secret.key").read_text()
    assert (data / "tls" / "ca.pem").read_text() == (server.data / "tls" / "ca.pem").read_text()
    node = nodefile.read(data)
    assert node and node.database_url == server.environment["UMS_DATABASE_URL"] and not node.server
    found = json.loads(shell.ums("node", "status", "--json", "--data", data, code=1))
    assert [one["status"] for one in found if one["node"] == "south"] == ["never started"]
    assert [one["status"] for one in found if one["node"] != "south"] == ["running"]
    for secret in (server.environment["UMS_DATABASE_URL"], (data / "secret.key").read_text().strip(), "horse"):
        assert secret not in shell.output
        assert secret not in (server.data / "server.log").read_text()


def test_a_server_by_itself_becomes_a_node(shell: Shell, postgresql: PostgreSQL) -> None:
    alone = Server(shell.directory / "alone", database_url=postgresql.create_database("node_alone"))
    alone.start()
    running = shell.node("init", "alone", UMS_DATABASE_URL=alone.environment["UMS_DATABASE_URL"], code=1)
    assert "UMS runs already" in running
    alone.stop()
    key, number = ((alone.data / name).read_text().strip() for name in ("secret.key", "node.id"))
    shell.node("init", "alone", UMS_DATABASE_URL=alone.environment["UMS_DATABASE_URL"])
    node = nodefile.read(alone.data)
    assert node and node.id == number and (alone.data / "secret.key").read_text().strip() == key
    found = json.loads(shell.ums("node", "status", "--json", "--data", alone.data, code=1))
    assert [(one["id"], one["status"]) for one in found] == [(number, "stopped")]


def test_a_token_that_is_no_good_leaves_nothing(shell: Shell, server: Server) -> None:
    path = token(shell, server)
    text = path.read_text()
    (shell.directory / "short").write_text(text[:-40])
    (shell.directory / "bytes").write_bytes(b"\xff\xfe" * 20)
    nobody = f"127.0.0.1:{free_port()}"
    token(shell, server, "--server", nobody, out="nobody")
    for name, words in {
        "short": "damaged or cut off",
        "bytes": "cannot be read",
        "missing": "cannot be read",
        "nobody": f"No server of the network could be asked: {nobody}",
    }.items():
        assert words in shell.node("join", "south", "--token", name, code=1)
    shell.ums("token", "revoke", "--all", "--data", server.data, **server.environment)
    assert "revoked" in shell.ums("token", "list", "--data", server.data, **server.environment)
    assert "refused: The token was revoked" in shell.node("join", "south", "--token", "t", code=1)
    assert not (shell.directory / "south").exists()


def test_a_server_of_another_network_is_not_believed(shell: Shell, server: Server, postgresql: PostgreSQL) -> None:
    url = postgresql.create_database("node_foreign")
    shell.node("init", "other", "--token-out", "t1", UMS_DATABASE_URL=url)
    here = f"127.0.0.1:{server.port}"
    shell.ums("token", "create", "--data", shell.directory / "other", "--out", "t2", "--server", here)
    assert "does not belong to the network of the token" in shell.node("join", "south", "--token", "t2", code=1)
    assert not (shell.directory / "south").exists()


def test_commands_that_look_make_nothing(shell: Shell) -> None:
    assert "There is no node" in shell.ums("node", "status", "--data", "nowhere", code=1)
    assert "There is no node" in shell.ums("token", "list", "--data", "nowhere", code=1)
    assert "components are" in shell.node("join", "x", "--token", "t", components="nonsense", code=2)
    assert not (shell.directory / "nowhere").exists()
