"""`ums up` as operators meet it: first start, second start, and what it says when it cannot start."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.services.server import Server

pytestmark = pytest.mark.once

PROGRAM = Path(sys.executable).with_name("ums")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a small demo tenant, on the embedded database."""
    server = Server(tmp_path_factory.mktemp("up") / "data", demo=3)
    server.start()
    yield server
    server.stop()


def ums(*options: str, data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `ums` to its end, on the embedded database in `data`."""
    env = {**os.environ, "UMS_LOG_FORMAT": "json", "UMS_DATA": str(data), "UMS_DATABASE_URL": "", **environment}
    env = {name: value for name, value in env.items() if value}
    return subprocess.run([PROGRAM, *options], env=env, capture_output=True, text=True, timeout=60, check=False)


def refusal(result: subprocess.CompletedProcess[str]) -> str:
    """The one line that says why it did not start."""
    assert result.returncode == 1, result
    lines = result.stderr.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("ums: ")
    return lines[0]


def test_a_data_directory_has_one_server(first: Server) -> None:
    line = refusal(ums("up", "--port", "0", data=first.data))
    assert f"UMS runs already on the data directory {first.data}" in line
    assert first.process is not None
    assert f"process {first.process.pid}" in line


def test_a_busy_port(first: Server, tmp_path: Path) -> None:
    assert f"Port {first.port} on 127.0.0.1 cannot be used" in refusal(
        ums("up", "--port", str(first.port), data=tmp_path / "other")
    )


def test_an_address_of_another_machine(tmp_path: Path) -> None:
    assert "Choose another with --port or --bind" in refusal(
        ums("up", "--port", "0", "--bind", "192.0.2.1", data=tmp_path / "other")
    )


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be written" in refusal(ums("up", "--port", "0", data=tmp_path / "file" / "data"))


def test_a_broken_database(tmp_path: Path) -> None:
    (tmp_path / "ums.sqlite3").write_text("this is no database, but somebody's shopping list " * 20)
    line = refusal(ums("up", "--port", "0", data=tmp_path))
    assert "file is not a database" in line
    assert "restore a backup" in line


def test_a_database_server_that_is_not_there(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"postgres://ums@127.0.0.1:{unused.getsockname()[1]}/ums"
        assert "Check UMS_DATABASE_URL" in refusal(ums("up", "--port", "0", data=tmp_path, UMS_DATABASE_URL=url))


def test_the_first_password_is_told_once_and_kept_private(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.environment["UMS_SUPERUSER_PASSWORD"] = ""
    server.start()
    try:
        kept = server.data / "admin-password"
        password = kept.read_text().strip()
        assert len(password) >= 16
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert server.process is not None
        assert password in server.process.tail()
    finally:
        server.stop()
    told = len(server.process.tail().split(password)) - 1
    server.start()
    server.stop()
    assert len(server.process.tail().split(password)) - 1 == told == 1


def test_a_database_of_a_newer_version(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.start()
    server.stop()
    with closing(sqlite3.connect(server.data / "ums.sqlite3")) as database, database:
        database.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('devices', '9999', '2030-01-01')")
    assert "newer version of UMS" in refusal(ums("up", "--port", "0", data=server.data))


def test_a_master_key_of_another_database(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.start()
    server.stop()
    (server.data / "secret.key").write_text("another key, from another backup\n")
    shutil.rmtree(server.data / "tls")
    assert "Restore the file secret.key" in refusal(ums("up", "--port", "0", data=server.data))


def test_a_token_stands_alone_on_the_last_line(first: Server) -> None:
    result = ums("api-token", "inventory", "--data", str(first.data), data=first.data)
    assert result.returncode == 0
    assert result.stdout.splitlines()[-1].startswith("ums_")
    assert "there is no administrator" in ums("api-token", "x", "--user", "nobody", data=first.data).stderr


def test_a_token_without_an_installation(tmp_path: Path) -> None:
    assert "there is no installation" in refusal(ums("api-token", "x", data=tmp_path))


def tenant(server: Server) -> dict[str, int]:
    """How many there are of all that the demo tenant consists of, and of the events that tell how they came about."""
    kinds = ("devices", "directories", "profiles", "assignments", "enrolment-keys")
    actions = ("directory.created", "profile.saved", "profile.assigned", "device.registered", "device.updated")
    with server.api() as api:

        def count(path: str, **query: str) -> int:
            return int(api.get(path, params={"count": "true", "limit": 1, **query}).raise_for_status().json()["count"])

        return {
            **{kind: count(f"{kind}/") for kind in kinds},
            **{action: count("audit/", action=action) for action in actions},
        }


def test_filling_the_demo_tenant_twice_changes_nothing(first: Server) -> None:
    before = tenant(first)
    assert (before["devices"], before["profiles"]) == (3, 23)
    first.stop()
    first.start()
    assert tenant(first) == before
