"""Redis is killed, stands still, and loses everything: messages go over the database meanwhile."""

from __future__ import annotations

import os
import signal
import time

import pytest
import redis

from tests.live.world import World
from tests.services.process import wait_until

FROZEN_FOR = 15.0
"""Seconds without a word from Redis, more than it takes to see that it says nothing."""

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]


@pytest.mark.parametrize("fault", ["killed", "frozen", "flushed"])
def test_without_redis_messages_go_over_the_database(world: World, fault: str) -> None:
    server = world.network.redis
    assert server is not None
    assert server.process is not None
    with world.trial():
        match fault:
            case "killed":
                server.kill()
                wait_until(lambda: carriers(world) == {"database"}, 30, "all on the database")
                server.start()
            case "frozen":
                os.kill(server.process.pid, signal.SIGSTOP)
                wait_until(lambda: carriers(world) == {"database"}, 30, "all on the database")
                time.sleep(FROZEN_FOR)
                os.kill(server.process.pid, signal.SIGCONT)
            case "flushed":
                with redis.Redis.from_url(server.url) as client:
                    client.flushall()
        wait_until(lambda: carriers(world) == {"redis"}, 60, "all on Redis again")


def carriers(world: World) -> set[str]:
    """What carries the messages of servers and workers."""
    return {
        bus
        for (bus,) in world.network.query(
            "SELECT DISTINCT bus FROM epr_processes WHERE epr_process_type IN ('UMS_RMGUISERVER', 'UMS_WORKER')"
        )
    }
