"""The clock of a node is two minutes off: it is seen and said, and nothing else comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.world import World
from tests.services.network import Network
from tests.services.packages import library
from tests.services.process import wait_until

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def world(clock: Path) -> Iterator[World]:
    """Two nodes; the offset of the second one's clock stands in the file `clock`."""
    with Network() as network:
        south = network.join()
        south.stop()
        south.environment = {
            "LD_PRELOAD": str(library("libfaketime.so.1")),
            "FAKETIME_TIMESTAMP_FILE": str(clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        south.start()
        world = World(network)
        with world.devices:
            world.normal()
            yield world


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What it holds is added to the time."""
    path = tmp_path_factory.mktemp("clock") / "offset"
    path.write_text("+0\n")
    return path


@pytest.mark.parametrize("offset", [120, -120])
def test_a_clock_that_is_off_is_said_and_harms_nobody(world: World, clock: Path, offset: int) -> None:
    north, south = world.network.members
    words = f"{abs(offset)} s {'ahead of' if offset > 0 else 'behind'} the database's"
    said = len(world.events())

    def detail() -> str:
        return str(world.rows(south)["UMS_WATCHDOG"]["detail"])

    with world.trial():
        clock.write_text(f"{offset:+}\n")
        try:
            wait_until(lambda: words in detail(), 30, f"{words} in {detail()!r}", 0.5)
            assert any(words in text for text in world.events()[said:])
            world.devices.run(world.reconnect)
            # Its worker may have been killed: what is to be done regularly waits when a clock is set back.
            world.normal()
            assert words in world.network.ums("node", "status", "--data", str(north.data))
        finally:
            clock.write_text("+0\n")
        wait_until(lambda: not detail(), 30, "it agrees again", 0.5)
    assert "has the database's time again" in "".join(world.events()[said:])
