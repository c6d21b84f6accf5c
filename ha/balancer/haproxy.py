"""HAProxy as a process: started, found again after a crash of ours, ended in order."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import structlog

from ha.balancer.configuration import ADMIN_SOCKET, MASTER_SOCKET
from ha.balancer.runtime import ask, listener

log = structlog.get_logger("ha.balancer")

CONFIGURATION, LOG, PIDS = "haproxy.cfg", "haproxy.log", "haproxy.pid"
MAX_LOG = 1_000_000
"""Bytes of the log that a start keeps."""

START_WITHIN = 10.0
DRAIN_WITHIN = 5.0
"""Seconds that requests under way have at the end."""

END_WITHIN = 3.0


SAYS_NOTHING = ("Fatal errors", "Error(s) found", "Some protocols failed", "exit-on-failure", "no server available")
"""Alerts that come beside the one that tells why."""


class NotStarted(Exception):
    """HAProxy does not run; the message is one line that says why."""


def find() -> str | None:
    """The path of HAProxy; None when it is not installed. Debian has it where only root looks."""
    return shutil.which("haproxy", path=f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin:/sbin")


class HAProxy:
    """One master process with its worker, in a directory of its own. It outlives us when we are killed."""

    def __init__(self, directory: Path, path: str) -> None:
        self.directory = directory
        self._path = path
        self.pid = 0
        self._log_before = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._process: int | None = None  # descriptor: a number may have been given to another process

    @property
    def running(self) -> bool:
        """Whether its master process is there."""
        if self._process is None:
            return False
        if not _has_ended(self._process, 0):
            return True
        self._forget()
        return False

    def take_over(self) -> bool:
        """Find the one that an earlier life of ours has left; whether it serves. One that hangs is ended."""
        for number in self._left():
            try:
                process = os.pidfd_open(number)
            except ProcessLookupError:
                continue
            # Only now: the number could have been another's before.
            if not self._is_ours(number):
                os.close(process)
                continue
            self._process, self.pid = process, number
            if self._answers():
                log.info("haproxy_taken_over", pid=number)
                return True
            log.warning("haproxy_hangs", pid=number)
            self.kill()
        return False

    def _left(self) -> set[int]:
        """Who may be it: as its file says, and who listens on its socket; we may have been killed before it wrote."""
        found = set()
        with suppress(OSError, ValueError):
            found.add(int((self.directory / PIDS).read_text().split()[0]))
        with suppress(OSError):
            found.add(listener(self.directory, MASTER_SOCKET))
        return found

    def _is_ours(self, number: int) -> bool:
        """Whether it works in our directory: the file with its number may be from before a restart of the machine."""
        try:
            return Path(f"/proc/{number}/cwd").samefile(self.directory)
        except OSError:
            return False

    def start(self) -> None:
        """Start it and wait until it answers. Raises NotStarted with its own words."""
        path = self.directory / LOG
        with path.open("ab") as output:
            if output.seek(0, os.SEEK_END) > MAX_LOG:
                output.seek(output.truncate(0))
            self._log_before = output.tell()
            self._child = subprocess.Popen(
                [self._path, "-W", "-db", "-S", f"unix@{MASTER_SOCKET},mode,600", "-p", PIDS, "-f", CONFIGURATION],
                cwd=self.directory,
                env={"PATH": os.environ.get("PATH", os.defpath)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # What ends our group does not end it: we end it, after its requests.
                start_new_session=True,
            )
        self.pid = self._child.pid
        self._process = os.pidfd_open(self.pid)
        end = time.monotonic() + START_WITHIN
        while time.monotonic() < end and self.running:
            if self._answers():
                log.info("haproxy_started", pid=self.pid)
                return
            time.sleep(0.02)
        self.kill()
        raise NotStarted(self.complaint() or "HAProxy does not answer.")

    def complaint(self) -> str:
        """What it said last, since its start, about why it cannot go on; "" when it said nothing."""
        try:
            with (self.directory / LOG).open("rb") as file:
                file.seek(self._log_before)
                lines = file.read().decode(errors="replace").splitlines()
        except OSError:
            return ""
        alerts = [line.partition(" : ")[2].strip() for line in lines if line.startswith("[ALERT]")]
        telling = [alert for alert in alerts if not any(empty in alert for empty in SAYS_NOTHING)]
        return f"HAProxy: {telling[-1]}" if telling else ""

    def reload(self) -> None:
        """Read the configuration again: a new worker takes the new connections, the old one ends with its own.
        Raises OSError."""
        ask(self.directory, "reload", to=MASTER_SOCKET)

    def _answers(self) -> bool:
        with suppress(OSError):
            mine = ask(self.directory, "show proc", to=MASTER_SOCKET)
            return "worker" in mine and "Pid:" in ask(self.directory, "show info", to=ADMIN_SOCKET)
        return False

    def stop(self) -> None:
        """End it: no new connections, time for requests under way, then the end for all that is left."""
        for number, seconds in ((signal.SIGUSR1, DRAIN_WITHIN), (signal.SIGTERM, END_WITHIN)):
            if self._process is None or _signalled(self._process, number, seconds):
                break
        self.kill()

    def kill(self) -> None:
        """End it now, and its workers, which are of its group: one that hangs does not see that the master has gone."""
        if self._process is not None and not _has_ended(self._process, 0):
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            _has_ended(self._process, END_WITHIN)
        self._forget()

    def _forget(self) -> None:
        if self._child is not None:
            self._child.wait()
        if self._process is not None:
            os.close(self._process)
        self._child = self._process = None


def _signalled(process: int, number: signal.Signals, seconds: float) -> bool:
    """Send a signal; whether the process has ended within `seconds`."""
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(process, number)
    return _has_ended(process, seconds)


def _has_ended(process: int, seconds: float) -> bool:
    return bool(select.select([process], [], [], seconds)[0])
