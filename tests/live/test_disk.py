"""The disk of a data directory is full: its node does what it can, devices lose nothing, and it is all there again when
there is room."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.world import World
from tests.services.network import Member, Network
from tests.services.process import wait_until

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

ROOM = "4g"
"""What `ums node join` wants to see; nothing of it is taken."""

FULL_FOR = 10.0
"""Seconds in which the node beats, logs and works with a full disk, and nothing of it ends."""

IN_VAIN_FOR = 45.0
"""Seconds in which the tries of supervisor and the first ones of the watchdog to start again have failed."""


def mount(directory: Path, options: str) -> subprocess.CompletedProcess[str]:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(directory)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two nodes; the data directory of the second one is a file system of its own."""
    with Network() as network:
        directory = network.directory / "south"
        directory.mkdir()
        if (made := mount(directory, f"size={ROOM},mode=0700")).returncode:
            pytest.skip(f"no file system can be mounted here: {made.stderr.strip()}")
        try:
            network.join()
            world = World(network)
            with world.devices:
                world.normal()
                yield world
            network.members[1].stop()
        finally:
            subprocess.run(["umount", "--lazy", str(directory)], check=True)


def fill(member: Member) -> Path:
    """Not a byte is left. Nothing is written for that: the file system is made smaller."""
    used = os.statvfs(member.data)
    size = (used.f_blocks - used.f_bfree) * used.f_frsize
    assert not mount(member.data, f"remount,size={size}").returncode
    assert not os.statvfs(member.data).f_bfree
    return member.data


def test_a_full_disk_hurts_only_as_long_as_it_is_full(small: World) -> None:
    south = small.network.members[1]
    with small.trial():
        fill(south)
        try:
            with pytest.raises(OSError, match="No space left"):
                (south.data / "one more").write_bytes(b"x" * 10_000)
            time.sleep(FULL_FOR)
            assert "UMS_WATCHDOG" in small.running(south)
            killed = [small.rows(south)[kind]["pid"] for kind in ("UMS_RMGUISERVER", "UMS_BROKER", "UMS_WATCHDOG")]
            for process in killed:
                os.kill(process, signal.SIGKILL)
            small.gone(killed)
            time.sleep(IN_VAIN_FOR)
        finally:
            mount(south.data, f"remount,size={ROOM}")
        wait_until(lambda: "UMS_RMGUISERVER" in small.running(south), 180, "its server is back")
