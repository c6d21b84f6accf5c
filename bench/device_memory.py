"""What an idle connected device costs the server in memory, at 5,000 devices.

Bytes for each device (proportional set size) must be at most 1.6 times those of a connection to a bare ASGI echo socket
under the same uvicorn configuration, in the same run as the figure of `device_login`.
"""

from __future__ import annotations

from bench.device_runs import costs
from bench.harness import Figure, figure

LIMIT = 1.6


def measure() -> Figure:
    """Bytes for each connected device."""
    found = costs("postgresql")
    return figure(
        "memory of an idle connected device",
        found.ours.memory,
        "B",
        baseline=found.baseline.memory,
        limit=LIMIT,
    )
