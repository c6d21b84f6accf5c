"""The database's clock: the one that all processes of the network share."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Func
from django.utils import timezone


class DatabaseNow(Func):
    """The same inside a statement: when it is carried out, however long it had to wait."""

    function = "clock_timestamp"
    template = "%(function)s()"
    output_field = DateTimeField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """An embedded database has this machine's time."""
        return "%s", [timezone.now().isoformat(sep=" ").removesuffix("+00:00")]


_ahead = timedelta(0)
"""How far this process's clock is ahead of the database's, as it was found at last."""


def shared_now() -> datetime:
    """The database's time as this process knows it, without asking: what moments are written with that other processes
    compare with theirs. Its own time until `clock_compared` was called."""
    return timezone.now() - _ahead


def clock_compared() -> float:
    """Ask the database for its time, and remember how far it is from this process's. Returns the seconds that this
    process's clock is ahead. An embedded database has the same."""
    global _ahead
    before = timezone.now()
    now = database_now()
    ahead = before + (timezone.now() - before) / 2 - now
    # Less is the way of the question.
    _ahead = ahead if abs(ahead) >= timedelta(seconds=1) else timedelta(0)
    return ahead.total_seconds()


def database_now() -> datetime:
    """The time by the database. An embedded one has this machine's."""
    if connection.vendor == "sqlite":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
