"""The bus: a ping between two processes over each carrier, and how long it is silent when Redis dies.

Baselines: a bare round trip over the same Redis and the same PostgreSQL, in turns with ours, each side in a process of
its own; for the silence, the half second that Redis is given for an answer.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg
import redis as redis_py

from tests.services.postgresql import PostgreSQL
from tests.services.process import wait_until
from tests.services.redis import Redis

if TYPE_CHECKING:
    from bench.harness import Figure

ROUNDS = 200
TABLE = "CREATE TABLE ha_busmessage (id bigserial PRIMARY KEY, payload text NOT NULL, at timestamptz NOT NULL)"
ECHO = "bench.bus_echo"


def measure() -> list[Figure]:
    """Median round trips in milliseconds, and seconds of silence."""
    from bench.harness import figure

    with tempfile.TemporaryDirectory(prefix="ums-bench-") as data:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ums.project.settings")
        os.environ.setdefault("UMS_DATA", data)
        return _measured(figure)


def _measured(figure: Callable[..., Figure]) -> list[Figure]:
    with PostgreSQL() as database, Redis() as redis:
        with database.connect() as connection:
            connection.execute(TABLE)
        url = database.url("postgres")
        over_redis = _in_turns(url, redis.url, lambda: _bare_redis(redis.url))
        over_database = _in_turns(url, "", lambda: _bare_database(url))
        silent = _silence(url, redis)
    return [
        figure("bus_ping_redis_ms", over_redis[0], "ms", baseline=over_redis[1], limit=5, absolute=True),
        figure("bus_ping_database_ms", over_database[0], "ms", baseline=over_database[1], limit=20, absolute=True),
        figure("bus_silence_when_redis_dies_s", silent, "s", baseline=0.5, limit=2, absolute=True),
    ]


@contextmanager
def _peers(database: str, redis: str) -> Iterator[Any]:
    """A bus here that another process hears."""
    from django.conf import settings

    from bench.bus_echo import make_bus

    environment = {**os.environ, "UMS_MASTER_KEY": settings.UMS_MASTER_KEY}
    echo = subprocess.Popen([sys.executable, "-m", ECHO, database, redis], stdin=subprocess.PIPE, env=environment)
    bus = make_bus("a", database, redis)
    bus.start()
    try:
        wait_until(lambda: _answers(bus), 30, "the other process answers")
        yield bus
    finally:
        bus.stop()
        assert echo.stdin is not None
        echo.stdin.close()
        echo.wait(10)


def _answers(bus: Any) -> bool:
    from ha.bus import BusTimeout

    with suppress(BusTimeout):
        return bool(bus.ping("echo", seconds=0.5) > 0)
    return False


def _in_turns(database: str, redis: str, bare: Callable[[], Callable[[], float]]) -> tuple[float, float]:
    ours, theirs = [], []
    with _peers(database, redis) as bus:
        wait_until(lambda: bus.carrier == ("redis" if redis else "database"), 30, "the carrier is heard")
        other = bare()
        for _ in range(ROUNDS):
            ours.append(bus.ping("echo") * 1000)
            theirs.append(other() * 1000)
    return statistics.median(ours), statistics.median(theirs)


def _bare_redis(url: str) -> Callable[[], float]:
    """Publish to oneself and read it."""
    client = redis_py.Redis.from_url(url)
    listening = client.pubsub(ignore_subscribe_messages=True)
    listening.subscribe("bare")
    listening.get_message(timeout=1)

    def trip() -> float:
        began = time.perf_counter()
        client.publish("bare", "x")
        while listening.get_message(timeout=1) is None:
            pass
        return time.perf_counter() - began

    return trip


def _bare_database(url: str) -> Callable[[], float]:
    """Notify another connection."""
    sending, listening = psycopg.connect(url, autocommit=True), psycopg.connect(url, autocommit=True)
    listening.execute("LISTEN bare")

    def trip() -> float:
        began = time.perf_counter()
        sending.execute("SELECT pg_notify('bare', 'x')")
        list(listening.notifies(timeout=1, stop_after=1))
        return time.perf_counter() - began

    return trip


def _silence(database: str, redis: Redis) -> float:
    """From the kill of Redis until a ping is answered again."""
    with _peers(database, redis.url) as bus:
        wait_until(lambda: bus.carrier == "redis", 30, "Redis is heard")
        redis.kill()
        began = time.perf_counter()
        while not _answers(bus):
            if time.perf_counter() - began > 30:
                raise RuntimeError("The bus did not come back.")
        return time.perf_counter() - began
