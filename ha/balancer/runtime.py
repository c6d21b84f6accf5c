"""HAProxy's runtime API: what it has, and changes of that without a restart."""

from __future__ import annotations

import csv
import os
import socket
import struct
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ha.balancer.configuration import ADMIN_SOCKET, AUTHORITY, BACKEND, CERTIFICATE, FRONTEND, server_line
from ha.balancer.plan import Actual, Admin, Command, Do

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 3.0
"""Seconds that HAProxy may take for an answer."""

FORCED_DRAIN, MAINTENANCE = 0x08, 0x01 | 0x02 | 0x04 | 0x20 | 0x40
"""Bits of `srv_admin_state` (HAProxy's management guide, “show servers state”)."""


class RuntimeRefused(Exception):
    """HAProxy said no; the message is its answer."""


@dataclass(frozen=True, slots=True)
class Load:
    """What HAProxy does now. `refused` counts since it started: requests denied, and those that no server took."""

    connected: int = 0
    waiting: int = 0
    refused: int = 0


def ask(directory: Path, command: str, *, to: str = ADMIN_SOCKET) -> str:
    """The answer to a command. Raises OSError when HAProxy does not answer."""
    with _connected(directory, to) as connection:
        connection.sendall(f"{command}\n".encode())
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b"")).decode(errors="replace").strip()


def listener(directory: Path, name: str) -> int:
    """The id of the process that listens on a socket, also when it hangs. Raises OSError when nobody does."""
    with _connected(directory, name) as connection:
        process, _, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        return int(process)


@contextmanager
def _connected(directory: Path, name: str) -> Iterator[socket.socket]:
    # By the directory's descriptor: the path may be longer than a socket address can be.
    opened = os.open(directory, os.O_PATH | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(f"/proc/self/fd/{opened}/{name}")
            yield connection
    finally:
        os.close(opened)


def look(directory: Path) -> tuple[list[Actual], Load]:
    """The servers that it has, and what it does. Raises OSError."""
    return understood(ask(directory, f"show servers state {BACKEND}"), ask(directory, "show stat"))


def understood(states: str, statistics: str) -> tuple[list[Actual], Load]:
    """The same, from the two answers. Raises OSError when one is cut off."""
    try:
        return _understood(states, statistics)
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise OSError(f"HAProxy's answer is not whole: {error}") from error


def _understood(states: str, statistics: str) -> tuple[list[Actual], Load]:
    rows = {(row["# pxname"], row["svname"]): row for row in csv.DictReader(statistics.splitlines())}
    servers = []
    for line in states.splitlines()[2:]:
        fields = line.split()
        row = rows.get((BACKEND, fields[3]))
        if row is None:
            continue  # added or removed between the two questions
        servers.append(
            Actual(
                id=fields[3],
                address=fields[4],
                port=int(fields[18]),
                admin=_admin(int(fields[6])),
                answers=row["check_status"].endswith("OK"),
                sessions=int(row["scur"]) + int(row["qcur"]),
            )
        )
    front, back = rows[FRONTEND, "FRONTEND"], rows[BACKEND, "BACKEND"]
    return servers, Load(
        connected=int(back["scur"]), waiting=int(back["qcur"]), refused=int(front["dreq"]) + int(back["econ"])
    )


def _admin(bits: int) -> Admin:
    if bits & MAINTENANCE:
        return Admin.MAINT
    return Admin.DRAIN if bits & FORCED_DRAIN else Admin.READY


def carry_out(directory: Path, command: Command, *, bind: str) -> None:
    """Do it. Raises OSError, or RuntimeRefused: it will be planned again."""
    server = f"{BACKEND}/{command.id}"
    match command.do:
        case Do.ADD:
            assert command.server is not None
            _told(directory, f"add server {BACKEND}/{server_line(command.server, bind=bind)}", "registered")
            _told(directory, f"enable health {server}")
            _told(directory, f"set server {server} state drain")
        case Do.READY | Do.DRAIN:
            _told(directory, f"set server {server} state {command.do}")
        case Do.CUT:
            _told(directory, f"set server {server} state maint")
            _told(directory, f"shutdown sessions server {server}")
        case Do.REMOVE:
            _told(directory, f"set server {server} state maint")
            _told(directory, f"del server {server}", "deleted")


def show_certificate(directory: Path) -> None:
    """Make it use the certificate and the authority in its directory; connections go on. Raises OSError, or
    RuntimeRefused."""
    for kind, name in (("cert", CERTIFICATE), ("ca-file", AUTHORITY)):
        text = (directory / name).read_text()
        _told(directory, f"set ssl {kind} {name} <<\n{text}", "ransaction")
        _told(directory, f"commit ssl {kind} {name}", "Success")


def _told(directory: Path, command: str, expected: str = "") -> None:
    answer = ask(directory, command)
    if (expected and expected not in answer) or (answer and not expected):
        raise RuntimeRefused(f"{' '.join(command.split()[:4])}: {answer or 'no answer'}")
