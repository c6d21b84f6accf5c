"""One of two servers is killed, with 1,000 devices connected through two load balancers: how long each device that was
on it takes until it is connected elsewhere and has heard what its settings are.

Of real processes: PostgreSQL, Redis, two nodes. The baseline is the same number of devices that leave by themselves
within a second, as devices spread themselves after a crash, and come back while both servers run.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from typing import TYPE_CHECKING

from bench.harness import Figure, figure
from tests.services.devices import Devices
from tests.services.ha_demo import mass_key
from tests.services.network import Member, Network
from tests.services.process import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from ums.agent.fleet import SimulatedDevice
    from ums.agent.session import Session

DEVICES = 1_000
LIMIT = 5.0
SETTLE = 10.0
"""Seconds after the last login, until presence and inventories are written."""

PATIENCE = 120.0


def measure() -> list[Figure]:
    """The 99th percentile in seconds."""
    with Network() as network:
        network.join()
        north, south = network.members
        ways = [member.device_url for member in network.members]
        state = network.directory / "devices"
        with Devices(ways, north.authority, mass_key(north), DEVICES, state) as devices:
            time.sleep(SETTLE)
            leaving = random.Random(1).sample(devices.all, DEVICES // 2)
            planned = _moved(devices, lambda: devices.run(lambda: _leave(leaving)), len(leaving))
            _both_carry(network)
            time.sleep(SETTLE)
            there = _connected(network, south)
            killed = south.pid_of("UMS_RMGUISERVER")
            failed = _moved(devices, lambda: os.kill(killed, signal.SIGKILL), there)
    return [figure("failover_p99_s", failed, "s", baseline=planned, limit=LIMIT, absolute=True)]


async def _leave(leaving: list[SimulatedDevice]) -> None:
    for device in leaving:
        if device.session is not None:
            device.session.leave(random.uniform(0, 1))


def _moved(devices: Devices, happens: Callable[[], object], at_least: int) -> float:
    """What happens, and the 99th percentile of the seconds from then until a device has a new session that is ready.

    All devices have one in the end, and `at_least` so many a new one.
    """
    devices.wait_connected(PATIENCE)
    before = {device: device.session for device in devices.all}
    back = devices.run(lambda: _watch(before, happens, at_least))
    return sorted(back)[int(0.99 * (len(back) - 1))]


async def _watch(
    before: dict[SimulatedDevice, Session | None], happens: Callable[[], object], at_least: int
) -> list[float]:
    back: dict[SimulatedDevice, float] = {}
    began = time.monotonic()
    await asyncio.get_running_loop().run_in_executor(None, happens)
    while len(back) < at_least or any(device.session is None for device in before):
        now = time.monotonic() - began
        for device, session in before.items():
            if device not in back and device.session is not None and device.session is not session:
                back[device] = now
        if now > PATIENCE:
            raise RuntimeError(f"{len(back)} of {at_least} devices came back within {PATIENCE:g} s.")
        await asyncio.sleep(0.01)
    return list(back.values())


def _connected(network: Network, member: Member) -> int:
    """Devices that a server says it has."""
    query = (
        "SELECT connected FROM epr_processes process JOIN ha_node node ON node.id = process.node_id "
        "WHERE node.name = %s AND epr_process_type = 'UMS_RMGUISERVER'"
    )
    return int(network.query(query, member.name)[0][0])


def _both_carry(network: Network) -> None:
    """The kill means something only when the server has its share of the devices."""
    wait_until(
        lambda: min(_connected(network, member) for member in network.members) > DEVICES // 4, 30, "a share for each"
    )
