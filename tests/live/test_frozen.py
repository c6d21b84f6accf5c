"""Processes that hang, and wake up again: nobody waits for them, and they write nothing as if they still lived."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.world import World
from tests.services.network import Member
from tests.services.process import wait_until

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

MINUTE = 60.0

AFTERWARDS = 5.0
"""Seconds in which a process that wakes up would have written what it still held."""

LATE = 10.0
"""Seconds that a process stands still after it was given up, and less than until its watchdog kills it."""


@contextmanager
def frozen(processes: Iterable[int]) -> Iterator[None]:
    """They stand still meanwhile."""
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            try:
                os.kill(process, signal.SIGCONT)
            except ProcessLookupError:
                pass  # its watchdog has killed it meanwhile


def all_of(member: Member) -> list[int]:
    """The process ids of everything that runs on a node, supervisor first."""
    assert member.process is not None
    found = [member.process.pid]
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            line = (directory / "cmdline").read_bytes()
            here = (directory / "cwd").resolve().is_relative_to(member.data)
        except OSError:
            continue
        if (here or str(member.data).encode() in line) and int(directory.name) not in {*found, os.getpid()}:
            found.append(int(directory.name))
    return found


def holders(world: World) -> dict[int, str]:
    """Which life of a server has each connected device, as the rows say."""
    return dict(world.network.query("SELECT device_id, server FROM devices_presence WHERE connected"))


@pytest.mark.parametrize("what", ["server", "node"])
def test_who_sleeps_a_minute_has_lost_what_it_held(world: World, what: str) -> None:
    """`server`: its watchdog looks after it; `node`: the whole host stands still, like a virtual machine that moves."""
    north, south = world.network.members
    before = world.rows(south)["UMS_RMGUISERVER"]
    with world.trial():
        with frozen(all_of(south) if what == "node" else [before["pid"]]):
            wait_until(lambda: world.rows(south)["UMS_RMGUISERVER"]["status"] == "SERVICE_LOST", 30, "it is given up")
            assert before["life"] not in holders(world).values()
            if what == "server":
                elsewhere = world.rows(north)["UMS_RMGUISERVER"]["life"]
                world.devices.wait_connected(60)
                wait_until(lambda: set(holders(world).values()) == {elsewhere}, 30, "all devices are on the other one")
                taken = holders(world)
            time.sleep(MINUTE)
        if what == "server":
            # It has been killed, or finds that it had been given up: those devices are no longer its own.
            time.sleep(AFTERWARDS)
            now = holders(world)
            assert {pk: life for pk, life in now.items() if pk in taken and life == before["life"]} == {}
    assert world.rows(south)["UMS_RMGUISERVER"]["life"] != before["life"]
    assert before["life"] not in holders(world).values()


def test_a_server_that_wakes_up_before_it_is_killed_goes_on_under_a_new_life(world: World) -> None:
    south = world.network.members[1]
    before = world.rows(south)["UMS_RMGUISERVER"]
    with world.trial():
        with frozen([before["pid"]]):
            wait_until(lambda: world.rows(south)["UMS_RMGUISERVER"]["status"] == "SERVICE_LOST", 30, "it is given up")
            time.sleep(LATE)
        wait_until(lambda: "UMS_RMGUISERVER" in world.running(south), 60, "it is back")
    after = world.rows(south)["UMS_RMGUISERVER"]
    assert after["pid"] == before["pid"]
    assert after["life"] not in {"", before["life"]}
    assert before["life"] not in holders(world).values()
