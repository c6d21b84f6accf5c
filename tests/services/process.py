"""Programs that the tests start: on free ports, ended by their id, and never outliving the tests."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self


def free_port() -> int:
    """A TCP port of the loopback address that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(true: Callable[[], bool], seconds: float, what: str, every: float = 0.02) -> None:
    """Ask `true` again and again. Raises TimeoutError that names `what` when it stays false."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(every)


class Process:
    """A running program with its output in a file. The kernel ends it when the thread that started it is gone."""

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        *,
        user: str = "",
        environment: dict[str, str] | None = None,
        end_with: signal.Signals = signal.SIGTERM,
    ) -> None:
        """`user`: whom to run as when the tests run as root; `end_with`: what asks the program to end."""
        guard = ["setpriv", "--pdeathsig", end_with.name.removeprefix("SIG"), *as_user(user)]
        self.log = log
        self.end_with = end_with
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                [*guard, *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The program's process id."""
        return self._popen.pid

    def running(self) -> bool:
        """Whether it has not ended."""
        return self._popen.poll() is None

    def wait_ready(self, ready: Callable[[], bool], seconds: float = 30) -> None:
        """Wait for `ready`. Raises RuntimeError with the end of the log when the program ended or took too long."""

        def ready_or_ended() -> bool:
            return not self.running() or ready()

        try:
            wait_until(ready_or_ended, seconds, "ready")
        except TimeoutError:
            self.stop()
            raise RuntimeError(f"not ready after {seconds:g} s:\n{self.tail()}") from None
        if not self.running():
            raise RuntimeError(f"ended with {self._popen.returncode}:\n{self.tail()}")

    def tail(self, characters: int = 4000) -> str:
        """The end of what it printed."""
        return self.log.read_text(errors="replace")[-characters:]

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to it and all that it started."""
        os.killpg(self.pid, number)

    def kill(self) -> None:
        """End it as a crash would."""
        self._popen.kill()
        self._popen.wait()

    def stop(self, seconds: float = 20) -> int:
        """Ask it to end, end it when it does not. Returns its exit status."""
        if self.running():
            self._popen.send_signal(self.end_with)
            try:
                self._popen.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        return self._popen.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def as_user(user: str) -> list[str]:
    """Options of setpriv that drop root for `user`; none when the tests do not run as root."""
    if not user or os.geteuid() != 0:
        return []
    return [f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups"]
