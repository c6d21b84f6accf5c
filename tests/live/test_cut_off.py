"""A node is cut off from all others, in network namespaces, and comes back."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.live.world import World
from tests.services.hosts import Hosts, Impossible
from tests.services.network import Network
from tests.services.process import wait_until

pytestmark = [pytest.mark.live, pytest.mark.timeout(1200)]

SOUTH = 3
"""The last number of its address."""

LONGER_THAN_DEVICES_WAIT = 140.0
"""Seconds: devices whose cable was pulled on the way find out after two heartbeats."""


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    """This machine, and another one for the second node."""
    try:
        with Hosts() as hosts:
            yield hosts
    except Impossible as error:
        pytest.skip(f"no network namespaces here: {error}")


@pytest.fixture(scope="module")
def apart(hosts: Hosts) -> Iterator[World]:
    """Two nodes on two hosts; database, Redis and devices are with the first one."""
    namespace = hosts.add(SOUTH)
    with Network(subnet=hosts.subnet, outside=hosts.address) as network:
        network.join(namespace=namespace)
        world = World(network)
        with world.devices:
            world.normal()
            yield world


@pytest.mark.parametrize("seconds", [20.0, LONGER_THAN_DEVICES_WAIT])
def test_a_node_that_was_cut_off_comes_back(apart: World, hosts: Hosts, seconds: float) -> None:
    south = apart.network.members[1]
    before = {row["life"] for row in apart.rows(south).values()}
    with apart.trial():
        hosts.cut(SOUTH)
        try:
            wait_until(lambda: apart.statuses(south) == {"SERVICE_LOST"}, 40, "all of it is given up")
            if seconds == LONGER_THAN_DEVICES_WAIT:
                apart.devices.wait_connected(seconds)
            else:
                time.sleep(seconds)
        finally:
            hosts.join(SOUTH)
    assert not before & {row["life"] for row in apart.rows(south).values()}
    assert not before & {life for (life,) in apart.network.query("SELECT server FROM devices_presence WHERE connected")}
