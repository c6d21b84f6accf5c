"""The servers that the tests start are theirs alone and do not outlive them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.services.postgresql import PostgreSQL
from tests.services.process import Process, wait_until
from tests.services.redis import Redis

pytestmark = pytest.mark.once

START_AND_WAIT = """
import time
from tests.services.postgresql import PostgreSQL
server = PostgreSQL().start()
print(server.process.pid, server.directory, flush=True)
time.sleep(60)
"""


def alive(pid: int) -> bool:
    """Whether a process exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_server_ends_when_the_tests_are_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", START_AND_WAIT], stdout=subprocess.PIPE, text=True) as tests:
        assert tests.stdout is not None
        pid, directory = tests.stdout.readline().split()
        tests.kill()
    try:
        wait_until(lambda: not alive(int(pid)), 10, "the end of the server")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def test_databases_of_one_server_are_apart(postgresql: PostgreSQL) -> None:
    first, second = (postgresql.create_database(name) for name in ("one", "two"))
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE thing (id int)")
    with psycopg.connect(second) as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("SELECT * FROM thing")


def test_redis_comes_back_empty_after_a_crash(redis_server: Redis) -> None:
    import redis

    client = redis.Redis.from_url(redis_server.url)
    client.set("a", "1")
    redis_server.kill()
    with pytest.raises(redis.ConnectionError):
        client.get("a")
    redis_server.start()
    assert client.get("a") is None


def test_a_program_that_fails_to_start_says_why(tmp_path: Path) -> None:
    with Process(["sh", "-c", "echo no such luck; exit 3"], tmp_path / "log") as process:
        with pytest.raises(RuntimeError, match=r"ended with 3:\s+no such luck"):
            process.wait_ready(lambda: False, seconds=5)
