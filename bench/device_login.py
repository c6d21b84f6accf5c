"""What a login costs the server: connect, proof, hello, "unchanged", at 5,000 devices.

The server's processor time for each device must be at most three times that of a bare ASGI echo socket (connect, one
frame of the same length, its echo) under the same uvicorn configuration. On the embedded database, whose work is part
of the server's own time, and on PostgreSQL.
"""

from __future__ import annotations

from bench.device_runs import costs
from bench.harness import Figure, figure

LIMIT = 3.0
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def measure() -> list[Figure]:
    """One figure for each database, in seconds of the processor for each device."""
    return [
        figure(
            f"device login, server CPU for each device, {label}",
            found.ours.cpu,
            "s",
            baseline=found.baseline.cpu,
            limit=LIMIT,
        )
        for found, label in ((costs(name), label) for name, label in DATABASES.items())
    ]
