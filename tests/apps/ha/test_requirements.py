"""Installation requirements: what is found, what is needed, and what to do."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from psycopg import sql

from ha import requirements
from tests.services.postgresql import PostgreSQL
from tests.services.process import free_port
from tests.services.redis import Redis

pytestmark = pytest.mark.once


def failed(checks: list[requirements.Check]) -> list[str]:
    assert all(check.advice for check in checks if not check.good)
    return [check.name for check in checks if not check.good]


@pytest.mark.parametrize(
    ("server", "total", "good"),
    [
        (True, 4_000_000_000, True),
        (True, 3_700_000_000, True),
        (True, 3_500_000_000, False),
        (False, 1_000_000_000, True),
        (False, 800_000_000, False),
    ],
)
def test_memory(server: bool, total: int, good: bool) -> None:
    assert requirements.memory(server=server, total=total).good == good


@pytest.mark.parametrize(
    ("server", "free", "good"),
    [(True, 2_000_000_000, True), (True, 1_999_999_999, False), (False, 1_000_000_000, True), (False, 0, False)],
)
def test_disk(tmp_path: Path, server: bool, free: int, good: bool) -> None:
    assert requirements.disk(tmp_path / "not" / "there", server=server, free=free).good == good


def test_what_this_host_has_is_found(tmp_path: Path) -> None:
    assert requirements.memory(server=False).found.endswith(" GB")
    assert requirements.disk(tmp_path / "not" / "there", server=True).found.endswith(" GB")


def test_a_data_directory_is_empty_and_no_node(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert requirements.directory(data).good and not data.exists()
    data.mkdir()
    (data / "something").touch()
    assert requirements.directory(data).found == "holds something"
    assert requirements.directory(data, may_hold=("something",)).good
    assert requirements.directory(data, may_hold=None).good
    (data / "node.toml").touch()
    assert requirements.directory(data, may_hold=None).found == "a node's already"
    assert not requirements.directory(data / "node.toml").good


def test_ports_are_free_on_the_address_of_the_node() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        assert requirements.port("127.0.0.1", number, "console", "--web-port").found == "Address already in use"
        assert requirements.port("127.0.7.7", number, "console", "--web-port").good
    assert "--bind" in requirements.port("192.0.2.1", number, "console", "--web-port").advice
    assert "--bind" in requirements.port("no-such-host.invalid", number, "console", "--web-port").advice


def test_a_database_that_can_carry_a_network(postgresql: PostgreSQL) -> None:
    checks = requirements.database(postgresql.create_database("requirements_good"))
    assert failed(checks) == []
    assert [check.name for check in checks] == [
        "Database",
        "Database rights",
        "Database encoding",
        "Database connections",
        "Clock against the database",
    ]


def test_databases_that_cannot(postgresql: PostgreSQL) -> None:
    with postgresql.connect() as connection:
        connection.execute("CREATE ROLE reader LOGIN")
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
        connection.execute(sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
    as_reader = postgresql.url("postgres").replace("postgres@", "reader@")
    assert failed(requirements.database(as_reader)) == ["Database rights"]
    assert failed(requirements.database(postgresql.url("latin"))) == ["Database encoding"]
    assert failed(requirements.database(postgresql.url("no_such_database"))) == ["Database"]
    nobody = requirements.database(f"postgres://someone:very-secret@127.0.0.1:{free_port()}/ums")
    assert failed(nobody) == ["Database"] and "very-secret" not in str(nobody)
    unescaped = requirements.database("postgres://someone:very@secret@127.0.0.1/ums")
    assert failed(unescaped) == ["Database"] and "secret" not in str(unescaped)


def test_the_embedded_database_is_for_one_node() -> None:
    for url in ("", "sqlite:////tmp/ums.sqlite3", "mysql://host/ums", "postgres"):
        assert failed(requirements.database(url)) == ["Database"]
    assert failed(requirements.database("", embedded=True)) == []


def test_clocks_are_a_minute_apart_at_most() -> None:
    assert requirements.clock("the database", 59).good and requirements.clock("the database", -59).good
    assert requirements.clock("the database", 125).found == "125.0 s ahead"
    assert not requirements.clock("the database", -61).good


def test_redis_that_is_named_answers(redis_server: Redis) -> None:
    assert requirements.redis_answers(redis_server.url).good
    assert not requirements.redis_answers(f"redis://127.0.0.1:{free_port()}/0").good
    assert not requirements.redis_answers("http://127.0.0.1/").good


def test_connections_are_counted_for_all_nodes_of_the_network(postgresql: PostgreSQL) -> None:
    url = postgresql.create_database("requirements_many")
    with postgresql.connect("requirements_many") as connection:
        connection.execute("CREATE TABLE ha_node AS SELECT true AS has_server FROM generate_series(1, 7)")
    asked = requirements.database(url, joining=True)
    assert failed(asked) == ["Database connections"]
    assert next(check.needed for check in asked if not check.good) == "320: 40 for each of 8 nodes"
    assert failed(requirements.database(url, joining=False)) == []
