"""The database restarts, and its host is lost: the nodes go on by themselves."""

from __future__ import annotations

import pytest

from tests.live.world import World

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]


def pids(world: World) -> list[object]:
    """Process ids of everything that runs."""
    return sorted(row["pid"] for member in world.network.members for row in world.rows(member).values())


def test_a_restart_of_the_database_restarts_nothing_else(world: World) -> None:
    before = pids(world)
    with world.trial():
        assert world.network.database.process is not None
        world.network.database.process.stop()
        world.network.database.run()
    assert pids(world) == before


def test_a_standby_takes_the_place_of_the_primary(world: World) -> None:
    """The last test of this network: its first database is gone."""
    before = pids(world)
    assert world.network.standby is not None
    with world.trial():
        assert world.network.database.process is not None
        world.network.database.process.kill()
        world.network.standby.promote()
    assert pids(world) == before
