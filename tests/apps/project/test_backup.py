"""`ums backup` and `ums restore`, tried by restoring: a living installation is saved, destroyed, and comes back."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pytest

from ha import nodefile
from ha.nodefile import NodeFile
from tests.services.agent import Agent
from tests.services.postgresql import PostgreSQL
from tests.services.process import wait_until
from tests.services.server import Server
from ums.project.backup import archive

pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]  # up to ten starts of a process

PROGRAM = Path(sys.executable).with_name("ums")
SECRET = b"-----BEGIN OPENSSH PRIVATE KEY-----\nnot really\n"
ALONE = b"a content that no database has " * 50_000
MADE = """
import django; django.setup()
from ums.files.models import FileContent
FileContent.objects.create(sha256="{sha256}", size={size}, in_database=False)
"""


def ums(server: Server, *options: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `ums` to its end, with the environment of a server."""
    env = {name: value for name, value in {**os.environ, **server.environment, **environment}.items() if value}
    return subprocess.run([PROGRAM, *options], env=env, capture_output=True, text=True, timeout=120, check=False)


def done(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 0, result
    return result.stdout


def refused(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 1, result
    return result.stderr.splitlines()[-1]


class Living:
    """A server with a device that has a secret file, a profile, and a content that is on its disk alone."""

    def __init__(self, directory: Path, database_url: str) -> None:
        self.directory = directory
        self.server = Server(directory / "ums", database_url=database_url)
        self.server.start()
        self.place = directory / "device" / "root" / "root" / "key"
        (directory / "device").mkdir()
        with self.server.api() as api:

            def root(kind: str) -> int:
                items = api.get("directories/", params={"kind": kind}).json()["items"]
                return int(next(item["id"] for item in items if item["parent"] is None))

            ward = api.post("directories/", json={"parent": root("device"), "name": "Ward"}).json()["id"]
            key = {"name": "Real", "kind": "bound", "unit_ids": ["REAL01"], "directory": ward}
            secret = api.post("enrolment-keys/", json=key).json()["items"][0]["secret"]
            self.agent = Agent(directory / "device" / "state", self.server, secret, unit_id="REAL01", name="real")
            self.agent.start()
            form = {"name": "key", "directory": root("file"), "device_path": "/root/key", "classification": "ssh_key"}
            made = api.post("files/", data=form, files={"content": ("key", SECRET)}).raise_for_status().json()
            api.post("file-assignments/", json={"files": [made["id"]], "directories": [ward]}).raise_for_status()
        wait_until(self.place.exists, 30, "the secret file")
        self.sha256 = hashlib.sha256(ALONE).hexdigest()
        script = MADE.format(sha256=self.sha256, size=len(ALONE))
        env = {**os.environ, **self.server.environment}
        subprocess.run([sys.executable, "-c", script], env=env, check=True)
        self.kept = self.server.data / "files" / self.sha256[:2] / self.sha256
        self.kept.parent.mkdir(parents=True, exist_ok=True)
        self.kept.write_bytes(ALONE)

    def tenant(self) -> dict[str, Any]:
        """What the API shows of it."""
        with self.server.api() as api:
            kinds = ("directories", "devices", "files", "file-assignments", "enrolment-keys", "profiles")
            found = {kind: api.get(f"{kind}/").raise_for_status().json()["items"] for kind in kinds}
        lasting = ("id", "unit_id", "name", "directory")
        found["devices"] = [{name: device[name] for name in lasting} for device in found["devices"]]
        return found

    def works(self) -> None:
        """The device comes with its certificate, and gets its secret file anew."""
        self.place.unlink()
        self.agent.start()
        wait_until(self.place.exists, 60, "the secret file again")
        assert self.place.read_bytes() == SECRET
        assert self.kept.read_bytes() == ALONE

    def end(self) -> None:
        self.agent.stop()
        self.server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def living(request: pytest.FixtureRequest, tmp_path: Path, postgresql: PostgreSQL) -> Iterator[Living]:
    url = postgresql.create_database(f"saved_{os.getpid()}") if request.param == "postgresql" else ""
    one = Living(tmp_path, url)
    yield one
    one.end()
    if url:
        with postgresql.connect() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS saved_{os.getpid()}")


def destroy(one: Living, postgresql: PostgreSQL) -> None:
    """Data directory and database are gone; the database is there again, empty."""
    shutil.rmtree(one.server.data)
    if one.server.environment["UMS_DATABASE_URL"].startswith("postgres"):
        with postgresql.connect() as connection:
            connection.execute(f"DROP DATABASE saved_{os.getpid()}")
            connection.execute(f"CREATE DATABASE saved_{os.getpid()}")


def test_a_living_installation_comes_back(living: Living, postgresql: PostgreSQL) -> None:
    server, out = living.server, living.directory / "backup"
    phrase = living.directory / "passphrase"
    phrase.write_text("a long passphrase\n")
    before = living.tenant()
    save = ("backup", "--out", out, "--passphrase-file", phrase)
    printed = done(ums(server, *save))
    assert "files on disk: 1" in printed and out.stat().st_mode & 0o777 == 0o600
    assert not (server.data / ".backup").exists()
    assert "exists" in refused(ums(server, *save))
    assert "It is whole." in done(ums(server, "backup", "--verify", out, "--passphrase-file", phrase))
    restore = ("restore", out, "--data", server.data, "--passphrase-file", phrase)
    assert "Stop it first" in refused(ums(server, *restore, "--replace"))
    living.agent.stop()
    server.stop()
    assert "is not empty" in refused(ums(server, *restore))
    destroy(living, postgresql)
    assert "give its passphrase" in refused(ums(server, "restore", out, "--data", server.data))
    assert not server.data.exists()
    printed = done(ums(server, *restore))
    assert "1. Reading" in printed and "4. Putting" in printed and "devices: 1" in printed
    assert {path.name for path in server.data.iterdir()} >= {"secret.key", "tls", "node.id", "files"}
    assert (server.data / "secret.key").stat().st_mode & 0o777 == 0o600
    server.start()
    assert living.tenant() == before
    living.works()
    with server.api() as api:
        actions = [event["action"] for event in api.get("audit/").json()["items"]]
    assert {"installation.saved", "installation.restored"} <= set(actions)


def test_what_is_there_is_replaced_and_kept(living: Living, postgresql: PostgreSQL) -> None:
    server, out = living.server, living.directory / "backup"
    done(ums(server, "backup", "--out", out))
    before = living.tenant()
    with server.api() as api:
        api.post("directories/", json={"parent": before["directories"][0]["id"], "name": "Too late"}).raise_for_status()
    assert living.tenant() != before
    elsewhere = refused(ums(server, "restore", out, "--data", living.directory / "elsewhere", "--replace"))
    assert "The network runs: UMS_RMGUISERVER on" in elsewhere or "not elsewhere" in elsewhere
    living.agent.stop()
    server.stop()
    if (url := server.environment["UMS_DATABASE_URL"]).startswith("postgres"):
        with psycopg.connect(url) as connection:
            line = refused(ums(server, "restore", out, "--data", server.data, "--replace"))
            assert "being accessed by other users" in line
            left = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'saved_%'").fetchall()
            assert left == [(f"saved_{os.getpid()}",)]
        assert not list(server.data.glob("before-restore-*"))
    printed = done(ums(server, "restore", out, "--data", server.data, "--replace"))
    assert "that were there are kept" in printed
    (kept,) = server.data.glob("before-restore-*")
    assert (kept / "secret.key").read_text() == (server.data / "secret.key").read_text()
    server.start()
    assert living.tenant() == before
    living.works()


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Server, Path]:
    """A stopped server on the embedded database, and its backup."""
    directory = tmp_path_factory.mktemp("saved")
    server = Server(directory / "ums")
    server.start()
    server.stop()
    server.environment["UMS_DATABASE_URL"] = ""
    done(ums(server, "backup", "--out", directory / "backup"))
    return server, directory / "backup"


def rewritten(path: Path, to: Path, **changes: Any) -> Path:
    """The same backup with another manifest."""
    parts = to.with_suffix(".parts")
    with archive.opened(path, "") as reader:
        reader.parts(parts, lambda count: None)
        manifest = msgspec.structs.replace(reader.manifest, **changes)
    manifest = msgspec.structs.replace(
        manifest, parts=tuple(archive.part_of(parts, part.name) for part in manifest.parts)
    )
    with to.open("wb") as file:
        archive.write(file, manifest, parts, passphrase="", told=lambda count: None)
    return to


def restored(server: Server, path: Path, to: Path, *options: str, **environment: str) -> str:
    """A restore that is refused, and leaves nothing."""
    line = refused(ums(server, "restore", path, "--data", to, *options, **environment))
    assert not to.exists()
    return line


def test_a_node_finds_its_database_at_its_new_place(saved: tuple[Server, Path], tmp_path: Path) -> None:
    server, path = saved
    data = tmp_path / "first"
    done(ums(server, "restore", path, "--data", data))
    words = {"name": "north", "address": "127.0.0.1", "bind": "127.0.0.1", "server": True, "balancer": True}
    ports = {"web_port": 8443, "device_port": 30002, "balancer_port": 30001}
    node = NodeFile(id=str(uuid4()), network="", database_url=f"sqlite:///{data / 'ums.sqlite3'}", **words, **ports)
    nodefile.write(data, node)
    done(ums(server, "backup", "--data", data, "--out", tmp_path / "backup"))
    lock = os.open(data / "watchdog.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    assert "Stop it first" in refused(ums(server, "restore", tmp_path / "backup", "--data", data, "--replace"))
    os.close(lock)
    moved = tmp_path / "second"
    assert "ums node start" in done(ums(server, "restore", tmp_path / "backup", "--data", moved))
    assert nodefile.read(moved) == replace(node, database_url=f"sqlite:///{moved / 'ums.sqlite3'}")
    assert not (moved / "database.sqlite3").exists()


def test_a_backup_of_a_newer_version(saved: tuple[Server, Path], tmp_path: Path) -> None:
    server, path = saved
    newer = rewritten(path, tmp_path / "newer", version="99.0.0")
    assert "made by UMS 99.0.0" in restored(server, newer, tmp_path / "data")


def test_a_database_that_a_newer_version_has_changed(saved: tuple[Server, Path], tmp_path: Path) -> None:
    server, path = saved
    rewritten(path, tmp_path / "same")
    parts = tmp_path / "same.parts"
    with closing(sqlite3.connect(parts / "database.sqlite3")) as database, database:
        database.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('devices', '9999', '2030-01-01')")
    assert "newer version" in restored(server, packed(path, parts, tmp_path / "newer"), tmp_path / "data")


def test_a_key_of_another_installation(saved: tuple[Server, Path], tmp_path: Path) -> None:
    server, path = saved
    rewritten(path, tmp_path / "same")
    parts = tmp_path / "same.parts"
    (parts / "secret.key").write_text("another key\n")
    assert "master key" in restored(server, packed(path, parts, tmp_path / "other"), tmp_path / "data")


def test_a_damaged_database(saved: tuple[Server, Path], tmp_path: Path) -> None:
    server, path = saved
    rewritten(path, tmp_path / "same")
    parts = tmp_path / "same.parts"
    (parts / "database.sqlite3").write_bytes(b"no database " * 10_000)
    assert "damaged" in restored(server, packed(path, parts, tmp_path / "bad"), tmp_path / "data")


def packed(path: Path, parts: Path, to: Path) -> Path:
    """A backup of changed parts, whose manifest fits."""
    with archive.opened(path, "") as reader:
        known = reader.manifest
    manifest = msgspec.structs.replace(known, parts=tuple(archive.part_of(parts, part.name) for part in known.parts))
    with to.open("wb") as file:
        archive.write(file, manifest, parts, passphrase="", told=lambda count: None)
    return to


def test_what_is_no_backup(saved: tuple[Server, Path], tmp_path: Path) -> None:
    server, path = saved
    (tmp_path / "short").write_bytes(path.read_bytes()[:-200_000])
    assert "cut off" in restored(server, tmp_path / "short", tmp_path / "data")
    assert "cannot be used" in refused(ums(server, "backup", "--verify", tmp_path / "short"))
    assert "No such file" in restored(server, tmp_path / "nothing", tmp_path / "data")
    assert "not elsewhere" in restored(server, path, tmp_path / "data", UMS_DATABASE_URL="postgres://db/ums")


def test_a_password_is_in_no_process_list(postgresql: PostgreSQL, tmp_path: Path) -> None:
    """pg_dump with a role that has a password, watched while it runs."""
    from ums.project.backup import postgresql as tools

    url = postgresql.create_database(f"secretive_{os.getpid()}")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE one AS SELECT generate_series(1, 10) AS number")
        connection.execute("SELECT pg_advisory_lock(1)")
        with_password = url.replace("postgres@", "postgres:very-secret@")
        lines: list[str] = []

        def look() -> None:
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                text = path.read_bytes() if path.exists() else b""
                if b"pg_dump" in text:
                    lines.append(text.decode())

        connection.execute("BEGIN; LOCK TABLE one IN ACCESS EXCLUSIVE MODE")
        count = 0

        def watch() -> None:
            nonlocal count
            look()
            count += 1
            if count == 2:
                connection.execute("ROLLBACK")

        tools.dump(with_password, tmp_path / "dump", watch)
    assert lines and "very-secret" not in "".join(lines)
    assert (tmp_path / "dump").stat().st_size > 0
