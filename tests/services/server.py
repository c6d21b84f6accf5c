"""`ums up` as users start it: a process of its own, with a data directory and a database of its own."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from pathlib import Path

import httpx

from tests.services.process import Process, free_port

PASSWORD = "correct horse battery staple"


class Server:
    """One embedded server. `kill` and `start` again is a crash and a restart with the same data and port."""

    def __init__(self, data: Path, *, database_url: str = "", demo: int = 0, address: str = "127.0.0.1") -> None:
        """`database_url` empty: SQLite in the data directory. `demo`: number of simulated devices."""
        self.data = data
        self.demo = demo
        self.address = address
        self.port = free_port()
        self.environment = {"UMS_SUPERUSER_PASSWORD": PASSWORD, "UMS_DATA": str(data), "UMS_LOG_FORMAT": "json"}
        self.environment["UMS_DATABASE_URL"] = database_url or f"sqlite:///{data / 'ums.sqlite3'}"
        self.process: Process | None = None

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"https://{self.address}:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers. Raises RuntimeError with what it printed."""
        program = Path(sys.executable).with_name("ums")
        options = ["--bind", self.address, "--port", str(self.port), "--demo", str(self.demo)]
        self.data.mkdir(parents=True, exist_ok=True)
        self.process = Process(
            [program, "up", "--data", self.data, *options], self.data / "server.log", environment=self.environment
        )
        self.process.wait_ready(self._answers, seconds=90)

    def _answers(self) -> bool:
        try:
            # Its CA is made at the first start, so nobody knows it yet.
            return httpx.get(f"{self.url}/ums/check-status", verify=False, timeout=5).is_success
        except httpx.HTTPError:
            return False

    def api(self) -> httpx.Client:
        """A client of /api/v1/ with a token of the superuser, which trusts the server's own authority."""
        program = Path(sys.executable).with_name("ums")
        environment = {**os.environ, **self.environment}
        made = subprocess.run(
            [program, "api-token", "tests"], env=environment, capture_output=True, text=True, check=True
        )
        return httpx.Client(
            base_url=f"{self.url}/api/v1/",
            headers={"Authorization": f"Token {made.stdout.splitlines()[-1]}"},
            verify=ssl.create_default_context(cafile=self.data / "tls" / "ca.pem"),
            timeout=60,
        )

    def kill(self) -> None:
        """End it as a crash would."""
        if self.process:
            self.process.kill()

    def stop(self) -> int:
        """Ask it to end; its exit status."""
        return self.process.stop() if self.process else 0
