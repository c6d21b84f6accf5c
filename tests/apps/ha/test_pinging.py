"""Ping of one process by another, over a real bus, from a shell, the API and the console."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from psycopg.conninfo import conninfo_to_dict

from ha import bus
from ha.bus import Bus
from ha.bus.database import DatabaseCarrier
from ha.models import Process
from ha.pinging import ping
from tests.factories.accounts import UserFactory
from tests.factories.ha import ProcessFactory
from tests.services.postgresql import PostgreSQL
from tests.services.process import wait_until
from tests.services.server import Server
from ums.core.errors import Conflict, NotAllowed

pytestmark = pytest.mark.django_db

TABLE = "CREATE TABLE ha_busmessage (id bigserial PRIMARY KEY, payload text NOT NULL, at timestamptz NOT NULL)"


@pytest.fixture
def other(postgresql: PostgreSQL) -> Iterator[Process]:
    """A process with a bus; this one has another on the same database."""
    url = postgresql.create_database(f"ping_{uuid4().hex}")
    with postgresql.connect(url.rpartition("/")[2]) as connection:
        connection.execute(TABLE)
    row = ProcessFactory(life=str(uuid4()), bus="database")

    def made(name: str) -> Bus:
        return Bus(process=name, carriers=[DatabaseCarrier(lambda: conninfo_to_dict(url))], deliver=lambda *_: None)

    theirs = made(row.life)
    theirs.start()
    ours = bus.start(made(str(uuid4())))
    wait_until(lambda: bool(theirs.carrier and ours.carrier), 20, "both hear")
    yield row
    bus.stop()
    theirs.stop()


def test_a_process_answers(other: Process, client: Client) -> None:
    root = UserFactory(is_superuser=True)
    answer = ping(user=root, process=other)
    assert answer.milliseconds > 0 and answer.carrier == "database"
    ours = bus.current()
    assert ours
    itself = ProcessFactory(life=ours.process)
    assert ping(user=root, process=itself).milliseconds == 0
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    said = client.post(f"/api/v1/network/processes/{other.pk}/ping/").json()
    assert said.get("carrier") == "database" and said["milliseconds"] > 0, said
    page = client.get(f"/webapp/network-processes/{other.pk}/").content.decode()
    assert "Ping</button>" in page
    told = client.post(f"/webapp/network-processes/{other.pk}/ping", headers={"HX-Request": "true"})
    assert "over the database" in told.headers["HX-Trigger"]


def test_who_does_not_answer(other: Process) -> None:
    silent = ProcessFactory(life=str(uuid4()))
    with pytest.raises(Conflict, match="did not answer"):
        ping(user=None, process=silent, seconds=0.3)
    with pytest.raises(Conflict, match="does not run"):
        ping(user=None, process=ProcessFactory(life=""))
    with pytest.raises(NotAllowed):
        ping(user=UserFactory(), process=other)


def test_a_server_by_itself() -> None:
    with pytest.raises(Conflict) as refused:
        ping(user=None, process=ProcessFactory())
    assert refused.value.code == "no_bus"


def test_from_a_shell(postgresql: PostgreSQL, tmp_path: Path) -> None:
    """`ums node ping` beside a server that runs."""
    server = Server(tmp_path / "ums", database_url=postgresql.create_database(f"shell_{uuid4().hex}"))
    env = {**os.environ, **server.environment}

    def ums(*options: str) -> subprocess.CompletedProcess[str]:
        program = Path(sys.executable).with_name("ums")
        command = [program, "node", "ping", *options, "--data", server.data]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)

    assert "There is no node" in ums().stderr
    server.start()
    try:
        asked = ums()
        assert asked.returncode == 0, asked
        line = asked.stdout.splitlines()[1].split()
        assert line[:2] == ["UMS", "Server"] and line[-3] == "database" and line[-1] == "ms"
        assert ums(line[3]).returncode == 0
        assert "no process “nobody”" in ums("nobody").stderr
    finally:
        server.kill()
    assert ums(line[3]).returncode == 1
