"""The bus over a real Redis and a real PostgreSQL: what arrives, and what happens when one of them goes."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict
from redis import RedisError
from redis.sentinel import Sentinel

from ha.bus import Bus, BusTimeout
from ha.bus.database import DatabaseCarrier
from ha.bus.redis import RedisCarrier, client
from ha.bus.wire import Envelope, pack, unpack
from tests.services.packages import program
from tests.services.postgresql import PostgreSQL
from tests.services.process import Process, free_port, wait_until
from tests.services.redis import Redis

TABLE = "CREATE TABLE ha_busmessage (id bigserial PRIMARY KEY, payload text NOT NULL, at timestamptz NOT NULL)"


class Peer:
    """A process on the bus, and what it heard."""

    def __init__(self, name: str, database: str, redis: str = "") -> None:
        self.heard: Queue[tuple[str, Any]] = Queue()
        carriers: list[Any] = [RedisCarrier(redis)] if redis else []
        carriers.append(DatabaseCarrier(lambda: conninfo_to_dict(database)))
        self.bus = Bus(process=name, carriers=carriers, deliver=lambda kind, body: self.heard.put((kind, body)))
        self.bus.start()

    def hears(self, body: Any, seconds: float = 10) -> bool:
        """Whether this message came as the next one."""
        try:
            return bool(self.heard.get(timeout=seconds) == ("test", body))
        except Empty:
            return False


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with PostgreSQL() as server:
        with server.connect() as connection:
            connection.execute(TABLE)
        yield server.url("postgres")


@pytest.fixture
def redis() -> Iterator[Redis]:
    with Redis() as server:
        yield server


@pytest.fixture
def peers(database: str) -> Iterator[Callable[..., list[Peer]]]:
    started: list[Peer] = []

    def start(*names: str, redis: str = "") -> list[Peer]:
        started.extend(Peer(name, database, redis) for name in names)
        carrier = "redis" if redis else "database"
        wait_until(lambda: all(peer.bus.carrier == carrier for peer in started), 30, f"all hear {carrier}")
        wait_until(lambda: all(all(peer.bus._hearing.values()) for peer in started), 30, "all hear all carriers")
        return started

    yield start
    for peer in started:
        peer.bus.stop()


@pytest.mark.parametrize("over_redis", [True, False], ids=["redis", "database"])
def test_a_message_reaches_the_others_once_and_not_its_sender(peers: Any, redis: Redis, over_redis: bool) -> None:
    a, b, c = peers("a", "b", "c", redis=redis.url if over_redis else "")
    a.bus.send("test", {"ids": [1, 2]})
    assert b.hears({"ids": [1, 2]}) and c.hears({"ids": [1, 2]})
    b.bus.send("test", "for c alone", to="c")
    b.bus.send("test", "end")
    assert c.hears("for c alone") and c.hears("end")
    assert a.hears("end") and a.heard.empty() and b.heard.empty()


@pytest.mark.parametrize("over_redis", [True, False], ids=["redis", "database"])
def test_long_messages_arrive_whole(peers: Any, redis: Redis, over_redis: bool) -> None:
    a, b = peers("a", "b", redis=redis.url if over_redis else "")
    long = list(range(20_000))
    a.bus.send("test", long)
    assert b.hears(long)


def test_it_goes_on_over_the_database_when_redis_dies_and_returns_to_it(peers: Any, redis: Redis) -> None:
    a, b = peers("a", "b", redis=redis.url)
    redis.kill()
    a.bus.send("test", "without redis")
    assert b.hears("without redis")
    wait_until(lambda: a.bus.carrier == b.bus.carrier == "database", 30, "both have noticed")
    b.bus.send("test", "back")
    assert a.hears("back")
    redis.start()
    wait_until(lambda: a.bus.carrier == b.bus.carrier == "redis", 30, "both are back")
    a.bus.send("test", "with redis")
    assert b.hears("with redis")


def test_a_frozen_redis_is_left_and_taken_again_when_it_goes_on(peers: Any, redis: Redis) -> None:
    a, b = peers("a", "b", redis=redis.url)
    assert redis.process is not None
    os.kill(redis.process.pid, signal.SIGSTOP)
    try:
        a.bus.send("test", "while frozen")
        assert b.hears("while frozen")
        wait_until(lambda: a.bus.carrier == b.bus.carrier == "database", 30, "both have noticed")
    finally:
        os.kill(redis.process.pid, signal.SIGCONT)
    wait_until(lambda: a.bus.carrier == b.bus.carrier == "redis", 30, "both are back")
    b.bus.send("test", "again")
    assert a.hears("again")


def test_who_does_not_hear_redis_is_reached_over_the_database(database: str, redis: Redis) -> None:
    a, deaf = Peer("a", database, redis.url), Peer("deaf", database)
    try:
        wait_until(lambda: a.bus.carrier == "redis" and deaf.bus.carrier == "database", 30, "both listen")
        a.bus.everybody_hears_first = False
        a.bus.send("test", "over both")
        assert deaf.hears("over both")
    finally:
        a.bus.stop()
        deaf.bus.stop()


def test_a_ping_tells_how_long_it_took(peers: Any, redis: Redis) -> None:
    a, _ = peers("a", "b", redis=redis.url)
    assert 0 < a.bus.ping("b") < 10
    with pytest.raises(BusTimeout, match="nobody did not answer"):
        a.bus.ping("nobody", seconds=0.2)


def test_what_nobody_of_the_network_signed_is_not_heard() -> None:
    text = pack(Envelope("1", "a", "test", {"x": 1}))
    assert unpack(text) == Envelope("1", "a", "test", {"x": 1})
    for wrong in ("", "x", text[:-1], text[1:], text.replace("test", "tset"), "0" * 32 + text[32:], "é" * 40):
        assert unpack(wrong) is None


@pytest.mark.parametrize("url", ["sentinel://", "sentinel://host/name", "sentinel://a:1,b/name", "sentinel://a:1"])
def test_sentinel_addresses_that_are_none(url: str) -> None:
    with pytest.raises(ValueError, match="sentinel://host:port"):
        client(url)


def test_redis_is_heard_as_long_as_it_is_there_though_nobody_says_anything(redis: Redis) -> None:
    """Longer than two of the questions whether it is there."""
    heard: list[bool] = []
    ended = threading.Event()
    carrier = RedisCarrier(redis.url)
    listening = threading.Thread(target=carrier.listen, args=(lambda text: None, heard.append, ended))
    listening.start()
    try:
        wait_until(lambda: bool(heard), 10, "it is heard")
        assert not ended.wait(3.5)
        assert heard == [True]
    finally:
        ended.set()
        listening.join()
        carrier.close()


@pytest.mark.parametrize("query", ["?secret=x", "?password", "?password=x&db=1"])
def test_what_a_sentinel_address_says_besides_is_known(query: str) -> None:
    with pytest.raises(ValueError, match=r"Sentinel|bad query field"):
        client(f"sentinel://host:1/name{query}")


def test_redis_and_its_sentinel_have_passwords_of_their_own(redis: Redis, tmp_path: Path) -> None:
    redis.set(requirepass="of redis")
    port = free_port()
    configuration = tmp_path / "sentinel.conf"
    configuration.write_text(
        f"port {port}\nbind 127.0.0.1\nrequirepass sentinels\n"
        f'sentinel monitor here 127.0.0.1 {redis.port} 1\nsentinel auth-pass here "of redis"\n'
    )
    sentinel = Process([program("redis-server"), configuration, "--sentinel"], tmp_path / "sentinel.log")
    own = Sentinel([("127.0.0.1", port)], sentinel_kwargs={"password": "sentinels"})

    def knows() -> bool:
        try:
            return own.discover_master("here") == ("127.0.0.1", redis.port)
        except RedisError:
            return False

    try:
        wait_until(knows, 30, "a Sentinel that knows Redis")
        assert client(f"sentinel://:of%20redis@127.0.0.1:{port}/here?password=sentinels").ping()
        for wrong in (f":of%20redis@127.0.0.1:{port}/here", f"127.0.0.1:{port}/here?password=sentinels"):
            with pytest.raises(RedisError):
                client(f"sentinel://{wrong}").ping()
    finally:
        sentinel.stop()
