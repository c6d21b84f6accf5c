"""Two at once are killed, and everything is normal again without a hand."""

from __future__ import annotations

import os
import signal

import pytest

from ha.balancer.configuration import MASTER_SOCKET
from ha.balancer.runtime import listener
from tests.live.world import World
from tests.services.network import Member

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

SERVER, WORKER, WATCHDOG, BALANCER, HAPROXY = "UMS_RMGUISERVER", "UMS_WORKER", "UMS_WATCHDOG", "UMS_BROKER", "haproxy"

PAIRS = [
    [("north", SERVER), ("north", HAPROXY)],
    [("north", WATCHDOG), ("north", SERVER)],
    [("north", WORKER), ("north", BALANCER)],
    [("north", BALANCER), ("north", HAPROXY)],
    [("north", WATCHDOG), ("north", WORKER)],
    [("north", SERVER), ("south", HAPROXY)],
    [("north", HAPROXY), ("south", HAPROXY)],
    [("north", WATCHDOG), ("south", WATCHDOG)],
    [("north", SERVER), ("south", SERVER)],
]


def pid(member: Member, kind: str) -> int:
    """The process id of one of its processes, or of its HAProxy."""
    return listener(member.data / "balancer", MASTER_SOCKET) if kind == HAPROXY else member.pid_of(kind)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: "+".join(f"{name}-{kind}" for name, kind in pair))
def test_two_that_are_killed_come_back(world: World, pair: list[tuple[str, str]]) -> None:
    members = {member.name: member for member in world.network.members}
    before = {(name, kind): pid(members[name], kind) for name, kind in pair}
    with world.trial():
        for killed in before.values():
            os.kill(killed, signal.SIGKILL)
        world.gone(before.values())
    for (name, kind), killed in before.items():
        assert pid(members[name], kind) != killed
