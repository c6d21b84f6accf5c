"""The database as carrier of messages: NOTIFY and LISTEN of PostgreSQL, on connections of our own."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

CHANNEL = "ums_bus"
MAX_NOTIFICATION = 7900
"""Bytes; PostgreSQL refuses 8,000."""

AGAIN = 0.5
"""Seconds between two tries to connect."""

KEEP = "1 minute"


class DatabaseCarrier:
    """`parameters` are what psycopg.connect takes. `send` belongs to one thread, `listen` to another."""

    name = "database"

    def __init__(self, parameters: Callable[[], dict[str, Any]]) -> None:
        self._parameters = parameters
        self._connection: psycopg.Connection[Any] | None = None

    def send(self, text: str) -> None:
        """Send one message. Raises psycopg.Error when the database cannot take it, also on a new connection."""
        for last in (False, True):
            try:
                self._sending().execute("SELECT pg_notify(%s, %s)", (CHANNEL, self._short(text)))
                return
            except psycopg.Error:
                self.close()
                if last:
                    raise

    def _short(self, text: str) -> str:
        """What does not fit into a notification is stored, and its row named."""
        if len(text.encode()) <= MAX_NOTIFICATION:
            return text
        sending = self._sending()
        sending.execute("DELETE FROM ha_busmessage WHERE at < now() - %s::interval", (KEEP,))
        row = sending.execute(
            "INSERT INTO ha_busmessage (payload, at) VALUES (%s, now()) RETURNING id", (text,)
        ).fetchone()
        assert row is not None
        return f"#{row[0]}"

    def listen(self, deliver: Callable[[str], None], heard: Callable[[bool], None], ended: Event) -> None:
        """Deliver what comes until `ended`; connect again and again. `heard` tells when it begins and stops to hear."""
        while not ended.is_set():
            with suppress(psycopg.Error), self._connect() as listening:
                listening.execute(f"LISTEN {CHANNEL}")
                heard(True)
                while not ended.is_set():
                    # As a list: the connection takes no other statement before it has ended.
                    for notification in list(listening.notifies(timeout=0.5, stop_after=1)):
                        deliver(self._whole(listening, notification.payload))
                    # Finds out within a second that the server is gone without a word.
                    listening.execute("SELECT 1")
            heard(False)
            ended.wait(AGAIN)

    @staticmethod
    def _whole(listening: psycopg.Connection[Any], payload: str) -> str:
        if not payload.startswith("#"):
            return payload
        if not payload[1:].isdecimal() or len(payload) > 20:
            return ""
        row = listening.execute("SELECT payload FROM ha_busmessage WHERE id = %s", (int(payload[1:]),)).fetchone()
        return row[0] if row else ""

    def close(self) -> None:
        """Close the sending connection."""
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

    def _sending(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> psycopg.Connection[Any]:
        parameters = {
            "connect_timeout": 3,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "tcp_user_timeout": 5000,
            **self._parameters(),
        }
        return psycopg.connect(**parameters, autocommit=True)
