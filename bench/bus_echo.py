"""The other side of bench/bus.py: a process that answers pings until its standard input ends."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ums.project.settings")

from psycopg.conninfo import conninfo_to_dict

from ha.bus import Bus
from ha.bus.database import DatabaseCarrier
from ha.bus.redis import RedisCarrier


def make_bus(process: str, database: str, redis: str) -> Bus:
    """A bus of a process that does nothing but answer."""
    carriers = [RedisCarrier(redis)] if redis else []
    return Bus(
        process=process,
        carriers=[*carriers, DatabaseCarrier(lambda: conninfo_to_dict(database))],
        deliver=lambda kind, body: None,
    )


if __name__ == "__main__":
    bus = make_bus("echo", sys.argv[1], sys.argv[2])
    bus.start()
    sys.stdin.read()
    bus.stop()
