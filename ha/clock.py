"""The database's clock: the one that all processes of the network share."""

from __future__ import annotations

from datetime import datetime
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


def database_now() -> datetime:
    """The time by the database. An embedded one has this machine's."""
    if connection.vendor == "sqlite":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
