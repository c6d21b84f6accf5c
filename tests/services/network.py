"""A whole network on this machine: PostgreSQL, Redis, nodes on loopback addresses of their own.

`make ha-demo` and the tests of the network use it. Nodes are made by `ums node init` and `ums node join`, as
administrators make them.
"""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, LiteralString, Self

import httpx
import psycopg

from tests.services.postgresql import PostgreSQL
from tests.services.process import Process
from tests.services.redis import Redis
from tests.services.server import PASSWORD

PROGRAM = Path(sys.executable).with_name("ums")
WEB_PORT, DEVICE_PORT = 8443, 30001
NAMES = ("north", "south", "west", "east")


class Member:
    """A node of the network, at an address of its own."""

    def __init__(self, network: Network, name: str, address: str) -> None:
        self.name, self.address = name, address
        self.data = network.directory / name
        self.namespace = ""
        """The network namespace that it lives in, if it has one of its own."""
        self.environment: dict[str, str] = {}
        """What its programs find beside that of the network."""
        self._network = network
        self.process: Process | None = None

    @property
    def url(self) -> str:
        """Where its server answers browsers."""
        return f"https://{self.address}:{WEB_PORT}"

    @property
    def device_url(self) -> str:
        """Where devices connect: its load balancer, or its server when it has none."""
        return f"https://{self.address}:{DEVICE_PORT}"

    @property
    def authority(self) -> Path:
        """What clients of the network trust."""
        return self.data / "tls" / "ca.pem"

    def start(self) -> None:
        """`ums node start`; returns when it answers. Raises RuntimeError with its words."""
        self.process = Process(
            [*self.within, PROGRAM, "node", "start", "--data", self.data],
            self._network.directory / f"{self.name}.log",
            environment={**self._network.environment, **self.environment},
        )
        self.process.wait_ready(self._answers, seconds=120)

    @property
    def within(self) -> list[str]:
        """What stands before a command that runs on this host."""
        return ["ip", "netns", "exec", self.namespace] if self.namespace else []

    def _answers(self) -> bool:
        trusted = ssl.create_default_context(cafile=self.authority)
        try:
            return httpx.get(f"{self.url}/ums/check-status", verify=trusted, timeout=5).is_success
        except httpx.HTTPError:
            return False

    def api(self) -> httpx.Client:
        """A client of /api/v1/ with a token of the superuser."""
        made = self._network.ums("api-token", "tests", "--data", str(self.data))
        return httpx.Client(
            base_url=f"{self.url}/api/v1/",
            headers={"Authorization": f"Token {made.splitlines()[-1]}"},
            verify=ssl.create_default_context(cafile=self.authority),
            timeout=60,
        )

    def pid_of(self, type: str) -> int:
        """The process id of its process of this type, as its row has it."""
        query = (
            "SELECT process.pid FROM epr_processes process JOIN ha_node node ON node.id = process.node_id "
            "WHERE node.name = %s AND epr_process_type = %s"
        )
        rows = self._network.query(query, self.name, type)
        assert rows, f"{self.name} has no {type}"
        return int(rows[0][0])

    def stop(self) -> int:
        """Stop all of it in order; the exit status."""
        return self.process.stop(seconds=120) if self.process else 0


class Network:
    """`with Network() as network:` has one node with server and load balancer; `join` adds others."""

    def __init__(self, *, redis: bool = True, standby: bool = False, subnet: str = "", outside: str = "") -> None:
        """`subnet`: the first three numbers of the nodes' addresses; else some that no other run has. `standby`: the
        database has one. `outside`: database and Redis listen at this address, which other network namespaces reach.
        """
        self._stack = ExitStack()
        self.subnet = subnet or f"127.{1 + os.getpid() // 250 % 250}.{os.getpid() % 250}"
        self._with_redis, self._with_standby = redis, standby
        self._outside = outside or "127.0.0.1"
        self.standby: PostgreSQL | None = None
        self.redis: Redis | None = None
        self.members: list[Member] = []
        self.environment = {"UMS_SUPERUSER_PASSWORD": PASSWORD, "UMS_LOG_FORMAT": "json"}

    def __enter__(self) -> Self:
        try:
            self.directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="ums-ha-")))
            self.database = self._stack.enter_context(PostgreSQL(addresses=[self._outside]))
            if self._with_standby:
                self.standby = self._stack.enter_context(PostgreSQL(primary=self.database))
                self.database.follow_in_step()
            self.database_url = self._create_database()
            if self._with_redis:
                self.redis = self._stack.enter_context(Redis(address=self._outside))
            self._first()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    @property
    def token(self) -> Path:
        """The network token."""
        return self.directory / "UMS-Network.token"

    def ums(self, *arguments: str, **environment: str) -> str:
        """Run a command of ours to its end; what it printed. Raises RuntimeError with its words."""
        return self._run(PROGRAM, *arguments, **environment)

    def _run(self, *command: str | Path, **environment: str) -> str:
        done = subprocess.run(
            command,
            env={**os.environ, **self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
        return done.stdout

    def query(self, text: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        """What the network's database answers."""
        with psycopg.connect(self.database_url, autocommit=True, connect_timeout=5) as connection:
            return connection.execute(text, values).fetchall()

    def join(self, components: str = "server,balancer", *, namespace: str = "") -> Member:
        """A further node, started. `namespace`: of the network, where it lives."""
        member = self._member()
        member.namespace = namespace
        command: list[str | Path] = [*member.within, PROGRAM, "node", "join", "--token", self.token]
        command += ["--components", components, "--data", member.data, "--bind", member.address, "--name", member.name]
        self._run(*command)
        member.start()
        return member

    def _first(self) -> None:
        member = self._member()
        self.ums(
            *("node", "init", "--components", "server,balancer", "--data", str(member.data)),
            *("--bind", member.address, "--name", member.name, "--token-out", str(self.token)),
            UMS_DATABASE_URL=self.database_url,
            UMS_REDIS_URL=self.redis.url if self.redis else "",
        )
        member.start()

    def _create_database(self) -> str:
        url = self.database.create_database("ums")
        if self.standby is None:
            return url
        both = f"{self._outside}:{self.database.port},{self._outside}:{self.standby.port}"
        return f"postgres://postgres@{both}/ums?target_session_attrs=read-write&connect_timeout=2"

    def _member(self) -> Member:
        member = Member(self, NAMES[len(self.members)], f"{self.subnet}.{len(self.members) + 2}")
        self.members.append(member)
        self._stack.callback(member.stop)
        return member
