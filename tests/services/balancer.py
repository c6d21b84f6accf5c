"""`ums balancer` as a node runs it, with the real HAProxy, on a data directory of its own."""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import sys
import uuid
from contextlib import suppress
from pathlib import Path

import httpx

from ha.balancer.plan import Actual
from ha.balancer.runtime import look
from ha.nodefile import NodeFile, write
from tests.services.process import Process, free_port, wait_until
from tests.services.server import Server


class Balancer:
    """A node with nothing but a load balancer. `kill` and `start` again is a crash of ours that HAProxy survives."""

    def __init__(self, data: Path, server: Server) -> None:
        """`server` gives the network's authority, address and database, as joining would."""
        self.address = server.address
        self.data = data
        self.directory = data / "balancer"
        self.port = free_port()
        self.process: Process | None = None
        shutil.copytree(server.data / "tls", data / "tls")
        self.environment = {name: server.environment[name] for name in ("UMS_MASTER_KEY", "UMS_LOG_FORMAT")}
        node = NodeFile(
            id=str(uuid.uuid4()),
            network="",
            name="balancer-host",
            address=self.address,
            bind=self.address,
            server=False,
            balancer=True,
            web_port=0,
            device_port=0,
            balancer_port=self.port,
            database_url=server.environment["UMS_DATABASE_URL"],
        )
        write(data, node)

    @property
    def url(self) -> str:
        """Where devices reach it."""
        return f"https://{self.address}:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers, even if only that there is no server."""
        program = Path(sys.executable).with_name("ums")
        self.process = Process(
            [program, "balancer", "--data", self.data], self.data / "balancer.log", environment=self.environment
        )
        self.process.wait_ready(self._answers, seconds=60)

    def client(self) -> httpx.Client:
        """Trusts the network's authority; a connection for each request, so that each is balanced."""
        return httpx.Client(
            base_url=self.url,
            verify=ssl.create_default_context(cafile=self.data / "tls" / "ca.pem"),
            timeout=30,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def _answers(self) -> bool:
        with suppress(httpx.HTTPError), self.client() as client:
            return client.get("/ums/check-status").status_code in (200, 503)
        return False

    def servers(self) -> dict[int, Actual]:
        """What HAProxy has, by port; nothing when it does not answer."""
        with suppress(OSError, KeyError):
            return {one.port: one for one in look(self.directory)[0]}
        return {}

    def wait_servers(self, states: dict[int, str], seconds: float = 30) -> None:
        """Until HAProxy has just these, in these states. Raises TimeoutError that names what it has instead."""

        def has() -> bool:
            return {port: str(one.admin) for port, one in self.servers().items()} == states

        try:
            wait_until(has, seconds, f"servers {states}")
        except TimeoutError as error:
            raise TimeoutError(f"{error}; it has {self.servers()}") from None

    @property
    def haproxy(self) -> int:
        """The id of HAProxy's master process; 0 while it starts."""
        with suppress(OSError, ValueError):
            return int((self.directory / "haproxy.pid").read_text())
        return 0

    def stop(self) -> int:
        """Ask it to end; its exit status. What a killed one has left ends, too."""
        status = self.process.stop(30) if self.process else 0
        with suppress(OSError):
            if self.haproxy and Path(f"/proc/{self.haproxy}/cwd").samefile(self.directory):
                os.killpg(self.haproxy, signal.SIGKILL)
        return status
