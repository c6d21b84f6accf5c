"""A network that the tests of a module share: each leaves it as it found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live.world import World
from tests.services.network import Network


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Two nodes, with Redis, and a database with a standby."""
    with Network(standby=True) as network:
        network.join()
        world = World(network)
        with world.devices:
            world.normal()
            yield world
