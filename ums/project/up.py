"""`ums up`: one server, all in one process tree."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ha import nodefile
from ha.addresses import host_and_port
from ums.core.errors import AppError
from ums.project.data import default_data_directory
from ums.project.prepare import (
    PASSWORD_FILE,
    SUPERUSER,
    StartError,
    data_directory,
    listening_socket,
    superuser,
)
from ums.project.serving import Server, configuration, load, put_right

if TYPE_CHECKING:
    import socket
    from pathlib import Path


def up(*, bind: str, port: int, demo: int) -> int:
    """Prepare and serve until SIGTERM or Ctrl-C. Returns the exit code; a failed start is one line on stderr."""
    data = default_data_directory()
    if (data / nodefile.NAME).exists():
        print(f"ums: {data} is the data directory of a node. Start it with “ums node start”.", file=sys.stderr)
        return 1
    try:
        with data_directory(data), listening_socket(bind, port) as listening:
            return _serve(data, bind, listening, demo)
    except (StartError, AppError) as error:
        print(f"ums: {error}", file=sys.stderr)
        return 1


def _serve(data: Path, bind: str, listening: socket.socket, demo: int) -> int:
    load(data)
    password = superuser(data)
    from ums.project.tls import server_files

    put_right()
    from ums.project.network import Membership, local_node
    from ums.project.renewal import Renewal

    files = server_files(data, bind)
    port = listening.getsockname()[1]
    server = Server(configuration(files), Membership(local_node(data, bind, port)), Renewal(data, bind))
    url = f"https://{host_and_port(_reached(bind), port)}"
    fleet = None
    if demo:
        from ums.project.demo import Demo

        fleet = Demo(data, url, files.ca, demo)
        print("UMS fills the demo tenant …", flush=True)
        fleet.fill()
    from ums.project.worker import EmbeddedWorker

    worker = EmbeddedWorker(data / "celery-schedule")
    worker.start()
    _greet(url, data, password)
    try:
        server.on_started = fleet.start if fleet else None
        server.run(sockets=[listening])
    finally:
        if fleet:
            fleet.stop()
        worker.stop()
    return 0 if server.started else 1


def _reached(bind: str) -> str:
    """Where this machine itself reaches a server that listens on `bind`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind)  # noqa: S104 - compared, not bound


def _greet(url: str, data: Path, password: str | None) -> None:
    print(f"UMS is at {url}/webapp/", flush=True)
    print(f"  data directory    {data}", flush=True)
    print(f"  browser trusts it with the authority in {data / 'tls' / 'ca.pem'}", flush=True)
    if password:
        print(f"  sign in as        {SUPERUSER}", flush=True)
        print(f"  password          {password}   (shown this once; also in {data / PASSWORD_FILE})", flush=True)
    elif (data / PASSWORD_FILE).exists():
        print(f"  sign in as        {SUPERUSER}, first password in {data / PASSWORD_FILE}", flush=True)
