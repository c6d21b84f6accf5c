"""What a login through the load balancer costs the server, against one directly to it: processor time of the server
for each device, from the connection until the device has heard that its settings are unchanged.

As many devices either way, in turns, on one real node with PostgreSQL and Redis. What the server does without logins is
not counted.
"""

from __future__ import annotations

import asyncio
import random
import time
from statistics import median
from typing import TYPE_CHECKING

from bench.device_runs import cpu_of
from bench.harness import Figure, figure
from tests.services.devices import Devices
from tests.services.ha_demo import mass_key
from tests.services.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable

    from ums.agent.fleet import Fleet

DEVICES = 500
"""On each way."""

ROUNDS = 3
SERVER_PORT = 30002
IDLE = 10.0
"""Seconds in which nobody logs in."""

SETTLE = 3.0
"""Seconds after the last login until the costs are read: presence is written by then."""

PATIENCE = 120.0

LIMIT = 1.2


def measure() -> list[Figure]:
    """In seconds of the processor for each device."""
    with Network() as network:
        north = network.members[0]
        ways = [north.device_url, f"https://{north.address}:{SERVER_PORT}"]
        with Devices(ways, north.authority, mass_key(north), 2 * DEVICES, network.directory / "devices") as devices:
            server = north.pid_of("UMS_RMGUISERVER")
            devices.wait_connected(PATIENCE)
            time.sleep(SETTLE)
            anyway = _spent(server, lambda: time.sleep(IDLE)) / IDLE
            taken: list[list[float]] = [[], []]
            for _ in range(ROUNDS):
                for fleet, costs in zip(devices.fleets, taken, strict=True):
                    began = time.monotonic()
                    spent = _spent(server, lambda of=fleet: _come_back(devices, of))  # type: ignore[misc]
                    costs.append((spent - anyway * (time.monotonic() - began)) / DEVICES)
    balanced, direct = map(median, taken)
    return [
        figure(
            "login through the load balancer, server CPU for each device", balanced, "s", baseline=direct, limit=LIMIT
        )
    ]


def _spent(process: int, while_this: Callable[[], object]) -> float:
    """Seconds of the processor."""
    before = cpu_of(process)
    while_this()
    return cpu_of(process) - before


def _come_back(devices: Devices, fleet: Fleet) -> None:
    devices.wait_connected(PATIENCE)
    devices.run(lambda: _again(fleet))
    time.sleep(SETTLE)


async def _again(fleet: Fleet) -> None:
    """All devices of a fleet leave, within a second, and come back the same way."""
    before = {device: device.session for device in fleet.devices}
    for session in before.values():
        assert session is not None
        session.leave(random.uniform(0, 1))
    async with asyncio.timeout(PATIENCE):
        while any(device.session in {None, session} for device, session in before.items()):
            await asyncio.sleep(0.05)
