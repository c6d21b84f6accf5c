"""Redis as carrier of messages: publish and subscribe. It holds nothing."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import redis
from redis.sentinel import Sentinel

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

CHANNEL = "ums:bus"
PATIENCE = 0.5
"""Seconds that Redis may take for an answer."""

AGAIN = 0.5
"""Seconds between two tries to connect."""

PROBE_EVERY = 1.0
"""Seconds between two questions whether it is there."""


class RedisCarrier:
    """`url` is redis://, rediss://, or sentinel://…, see `client`. One thread sends, another listens."""

    name = "redis"

    def __init__(self, url: str) -> None:
        self._client = client(url)

    def send(self, text: str) -> None:
        """Send one message. Raises redis.RedisError, after PATIENCE at the latest."""
        self._client.publish(CHANNEL, text)

    def listen(self, deliver: Callable[[str], None], heard: Callable[[bool], None], ended: Event) -> None:
        """Deliver what comes until `ended`; connect again and again. `heard` tells when it begins and stops to hear."""
        while not ended.is_set():
            with suppress(redis.RedisError, OSError), self._client.pubsub(ignore_subscribe_messages=True) as listening:
                listening.subscribe(CHANNEL)
                self._client.ping()
                heard(True)
                self._hear(listening, deliver, ended)
            heard(False)
            ended.wait(AGAIN)

    def _hear(self, listening: Any, deliver: Callable[[str], None], ended: Event) -> None:
        """Until `ended`. Raises redis.RedisError when Redis is silent for too long: its answers are asked for."""
        asked = answered = time.monotonic()
        while not ended.is_set():
            message = listening.get_message(timeout=0.25)
            now = time.monotonic()
            if message and message["type"] == "pong":
                answered = now
            elif message and message["type"] == "message":
                answered = now
                deliver(_text(message["data"]))
            if answered >= asked and now - asked >= PROBE_EVERY:
                listening.ping()
                asked = now
            elif answered < asked and now - asked > PATIENCE:
                raise redis.TimeoutError("Redis does not answer.")

    def close(self) -> None:
        """Close all connections."""
        with suppress(redis.RedisError, OSError):
            self._client.close()


def client(url: str) -> redis.Redis:
    """A client that waits no longer than PATIENCE. Raises ValueError for an address that is none.

    sentinel://[user:password@]host:port,host:port/name[?user=…&password=…]: user and password before the hosts are
    those of Redis, those of the query are the Sentinels' own.
    """
    options: dict[str, Any] = {
        "socket_timeout": PATIENCE,
        "socket_connect_timeout": PATIENCE,
        "socket_keepalive": True,
    }
    parts = urlsplit(url)
    if parts.scheme != "sentinel":
        return redis.Redis.from_url(url, **options)
    name = parts.path.strip("/")
    places = [place.rpartition(":") for place in parts.netloc.rpartition("@")[2].split(",")]
    if not name or not all(host and port.isdecimal() for host, _, port in places):
        raise ValueError("A Sentinel address is sentinel://host:port,host:port/name.")
    user, _, secret = parts.netloc.rpartition("@")[0].partition(":")
    own = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    if own.keys() - {"user", "password"}:
        raise ValueError("A Sentinel address takes ?user=…&password=…, those of the Sentinels, and nothing else.")
    sentinel = Sentinel(
        [(host, int(port)) for host, _, port in places],
        sentinel_kwargs={
            "socket_timeout": PATIENCE,
            "socket_connect_timeout": PATIENCE,
            "username": own.get("user"),
            "password": own.get("password"),
        },
    )
    return sentinel.master_for(name, username=unquote(user) or None, password=unquote(secret) or None, **options)


def _text(data: str | bytes) -> str:
    return data if isinstance(data, str) else data.decode(errors="replace")
