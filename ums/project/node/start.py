"""`ums node start` and `ums node stop`: supervisor with the programs of this node, from nothing to the last of them."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from ha.watchdog.configuration import Places, configuration, programs
from ha.watchdog.remembered import wanted
from ha.watchdog.supervisor import Supervisor, SupervisorError
from ums.core.private import write_private
from ums.project.data import default_data_directory
from ums.project.node.programs import node_of
from ums.project.node.twice import refuse_twice
from ums.project.prepare import StartError

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = (sys.executable, "-P", "-m", "ums.project.cli")

LEFT_OVER = 60.0
"""Seconds that programs of an earlier supervisor have for their end; a server drains meanwhile."""

STOPS_WITHIN = 180.0
"""Seconds after which `ums node stop` gives up waiting: more than all programs may take one after the other."""


def start() -> int:
    """Become the supervisor of this node. Returns only when it cannot: the exit code, with a line on stderr."""
    data = default_data_directory()
    try:
        node = node_of(data)
        places = Places(data)
        names = programs(server=node.server, balancer=node.balancer)
        _hold(places)
        _end_left_over(data, names)
        refuse_twice(node)
        try:
            text = configuration(
                places=places, command=COMMAND, parent=os.getpid(), names=names, autostart=wanted(places)
            )
        except ValueError as error:
            raise StartError(f"The data directory {data} cannot be used for a node: {error}.") from error
        for directory in (places.configuration.parent, places.log("watchdog").parent):
            directory.mkdir(mode=0o700, exist_ok=True)
        write_private(places.configuration, text)
        os.umask(0o077)
        os.execv(  # noqa: S606 - no shell is the point
            sys.executable,
            [sys.executable, "-P", "-m", "supervisor.supervisord", "--configuration", str(places.configuration)],
        )
    except StartError as error:
        print(f"ums: {error}", file=sys.stderr)
    except OSError as error:
        print(f"ums: The data directory {data} cannot be used: {error}.", file=sys.stderr)
    return 1


def stop() -> int:
    """Have the node of this data directory stopped in order, and wait for it. Returns the exit code."""
    data = default_data_directory()
    try:
        node_of(data)
        places = Places(data)
        if not held(places.lock):
            raise StartError(f"The node of {data} does not run.")
        try:
            Supervisor(places.socket).shutdown()
        except SupervisorError as error:
            # It may be stopping already.
            if not _free(places.lock, 2.0):
                raise StartError(f"The supervisor of the node does not answer ({error}).") from error
        if not _free(places.lock, STOPS_WITHIN):
            raise StartError(f"The node still runs after {STOPS_WITHIN:g} s. Its log: {places.log('supervisord')}.")
    except (StartError, OSError) as error:
        print(f"ums: {error}", file=sys.stderr)
        return 1
    print("The node has stopped.")
    return 0


def _hold(places: Places) -> None:
    """Take the node's lock, and keep it when this process becomes supervisor. Raises StartError, OSError."""
    lock = os.open(places.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise StartError(f"The node runs already (process {held(places.lock)}). Stop it: ums node stop.") from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    os.set_inheritable(lock, True)


def _end_left_over(data: Path, names: list[str]) -> None:
    """Programs whose supervisor was killed end by themselves; one that hangs is killed. Raises OSError."""
    locks = [data / f"{'ums' if name == 'server' else name}.lock" for name in names]
    end = time.monotonic() + LEFT_OVER
    for lock in locks:
        while (holder := held(lock)) and time.monotonic() < end:
            time.sleep(0.1)
        if holder:
            with suppress(ProcessLookupError):
                os.kill(holder, signal.SIGKILL)
            _free(lock, 5.0)


def held(lock: Path) -> int:
    """Process id of who holds a lock file; 0 for nobody. Raises OSError."""
    try:
        file = os.open(lock, os.O_RDWR)
    except FileNotFoundError:
        return 0
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(os.pread(file, 32, 0).decode().strip() or 0) or 1
    finally:
        os.close(file)
    return 0


def _free(lock: Path, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while held(lock):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
