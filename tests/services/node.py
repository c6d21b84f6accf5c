"""A node of an HA network as administrators run it: `ums node start` with its own data directory and ports."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

import httpx
import psycopg
from psycopg.rows import dict_row

from ha import nodefile
from ha.nodefile import NodeFile
from tests.services.process import Process, free_port, wait_until

PROGRAM = Path(sys.executable).with_name("ums")
MASTER_KEY = "a master key that all nodes of the network share"


class Node:
    """`with Node(data, database_url) as node:` runs one. `kill` of a program and `rows` show what becomes of it."""

    def __init__(
        self,
        data: Path,
        database_url: str,
        *,
        server: bool = True,
        balancer: bool = False,
        address: str = "127.0.0.1",
        redis_url: str = "",
    ) -> None:
        self.data = data
        self.database_url = database_url
        self.file = NodeFile(
            id=str(uuid4()),
            network="",
            name=f"node-{address}",
            address=address,
            bind=address,
            server=server,
            balancer=balancer,
            web_port=free_port(),
            device_port=free_port(),
            balancer_port=free_port(),
            database_url=database_url,
            redis_url=redis_url,
        )
        data.mkdir(mode=0o700, parents=True)
        nodefile.write(data, self.file)
        (data / "secret.key").write_text(f"{MASTER_KEY}\n")
        self.process: Process | None = None

    @property
    def url(self) -> str:
        """Where its server answers browsers and programs."""
        return f"https://{self.file.bind}:{self.file.web_port}"

    @property
    def device_url(self) -> str:
        """Where its server answers devices."""
        return f"https://{self.file.bind}:{self.file.device_port}"

    def start(self, wanted: set[str] | None = None) -> Self:
        """`ums node start`; returns when all that it has runs, or these types. Raises RuntimeError with its words."""
        self.stop()
        self.process = Process(
            [PROGRAM, "node", "start", "--data", self.data],
            self.data.with_suffix(".log"),
            environment={"UMS_DATABASE_URL": self.database_url, "UMS_LOG_FORMAT": "json"},
        )
        types = {"UMS_WATCHDOG"}
        types |= {"UMS_RMGUISERVER", "UMS_WORKER"} if self.file.server else set()
        types |= {"UMS_BROKER"} if self.file.balancer else set()
        expected = types if wanted is None else wanted
        try:
            self.process.wait_ready(lambda: expected <= self.running(), seconds=240)
        except RuntimeError as error:
            logs = "\n".join(f"{path.name}:\n{path.read_text()[-2000:]}" for path in (self.data / "log").glob("*.log"))
            raise RuntimeError(f"{error}\n{logs}") from error
        return self

    def ums(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `ums … --data DIR` to its end."""
        return subprocess.run(
            [PROGRAM, *arguments, "--data", self.data],
            env={**os.environ, "UMS_DATABASE_URL": self.database_url, "UMS_LOG_FORMAT": "json"},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )

    def status(self, url: str = "") -> str:
        """What `/ums/check-status` answers; the failure when nobody does."""
        try:
            # Its CA is made at the first start, so nobody knows it yet.
            answer = httpx.get(f"{url or self.url}/ums/check-status", verify=False, timeout=5)
            return str(answer.json()["status"])
        except httpx.HTTPError as error:
            return type(error).__name__

    def rows(self) -> dict[str, dict[str, object]]:
        """The rows of its processes, by type; nothing while the first server still makes the tables."""
        query = (
            "SELECT epr_process_type AS type, epr_process_id AS id, epr_service_status AS status, pid, life, detail, "
            "started_at, clock_timestamp() - epr_timestamp < interval '3 seconds' AS fresh "
            "FROM epr_processes WHERE node_id = %s"
        )
        try:
            with psycopg.connect(self.database_url, row_factory=dict_row, connect_timeout=5) as connection:
                return {str(row["type"]): row for row in connection.execute(query, (self.file.id,))}
        except (psycopg.ProgrammingError, psycopg.OperationalError):
            return {}

    def running(self) -> set[str]:
        """Types of the processes that run and say so."""
        return {kind for kind, row in self.rows().items() if row["status"] == "SERVICE_RUNNING" and row["fresh"]}

    def wait(self, kind: str, status: str, seconds: float = 60) -> dict[str, object]:
        """Wait until the process of this type has this status; its row. Raises TimeoutError."""
        wait_until(lambda: str(self.rows().get(kind, {}).get("status")) == status, seconds, f"{kind} {status}", 0.1)
        return self.rows()[kind]

    def pid(self, kind: str) -> int:
        """The process id that a row names."""
        return int(str(self.rows()[kind]["pid"]))

    def processes(self) -> dict[int, str]:
        """All processes that work in its data directory or were started with it, with their command lines."""
        found = {}
        for directory in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                line = (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                here = (directory / "cwd").resolve().is_relative_to(self.data)
                if line and (here or str(self.data) in line) and int(directory.name) != os.getpid():
                    found[int(directory.name)] = line
        return found

    def gone(self, seconds: float = 90) -> None:
        """Wait until nothing of it is left. Raises TimeoutError."""
        wait_until(lambda: not self.processes(), seconds, f"the end of {self.processes()}", 0.1)

    def stop(self) -> int:
        """SIGTERM, as systemd does; the exit status."""
        return self.process.stop(seconds=150) if self.process else 0

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
