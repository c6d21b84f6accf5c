"""A Redis server of the tests' own: in memory, on a free port, gone afterwards."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from tests.services.packages import program
from tests.services.process import Process, free_port


class Redis:
    """`with Redis() as server:` runs one; `server.url` is for UMS_REDIS_URL. Start again after `kill` by `start`."""

    def __init__(self, *, address: str = "127.0.0.1") -> None:
        self.address = address
        self._directory = tempfile.TemporaryDirectory(prefix="ums-redis-")
        self.port = free_port()
        self.process: Process | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://{self.address}:{self.port}/0"

    def start(self) -> Self:
        """Start it (0.1 s). Raises RuntimeError with the server's words."""
        options = {
            "port": self.port,
            "bind": self.address,
            "protected-mode": "no",
            "dir": self._directory.name,
            "appendonly": "no",
        }
        command: list[str | Path] = [program("redis-server"), "--save", ""]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        self.process = Process(command, Path(self._directory.name) / "server.log")
        self.process.wait_ready(self._answers)
        return self

    def _answers(self) -> bool:
        try:
            with redis.Redis(host=self.address, port=self.port, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def set(self, **options: str) -> None:
        """Change its configuration, as `requirepass`."""
        with redis.Redis(host=self.address, port=self.port) as client:
            for name, value in options.items():
                client.config_set(name, value)

    def kill(self) -> None:
        """End it as a crash would."""
        if self.process:
            self.process.kill()

    def stop(self) -> None:
        """End it."""
        if self.process:
            self.process.stop()
        self._directory.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
