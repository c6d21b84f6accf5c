"""The balancer: keeps HAProxy running, and tells it what the network's rows say."""

from __future__ import annotations

import os
import resource
import time
from threading import Event
from typing import TYPE_CHECKING

import structlog

from ha.balancer.certificate import DIRECTORY, Certificate, fingerprint
from ha.balancer.configuration import configuration
from ha.balancer.haproxy import CONFIGURATION, HAProxy, NotStarted
from ha.balancer.plan import plan
from ha.balancer.runtime import Load, RuntimeRefused, carry_out, look, show_certificate
from ha.balancer.wanted import KnownServers, Lookout
from ha.services import Figures
from ums.core.private import write_private
from ums.domain.processes import ServiceStatus

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ha.heartbeat import Heartbeat
    from ha.nodefile import NodeFile

log = structlog.get_logger("ha.balancer")

TURN_EVERY = 0.25
"""Seconds between two comparisons with HAProxy."""

HANGS_AFTER = 10.0
"""Seconds without an answer after which HAProxy is ended and started again."""

AGAIN_FIRST, AGAIN_LAST = 0.25, 8.0
"""Seconds before a failed start is tried again: doubled each time."""

MAX_CONNECTIONS = 50_000


class Balancer:
    """`run` lasts until `end`. `joined` is called when the database answers for the first time; the heartbeat, which
    `beats_with` tells, begins there."""

    def __init__(self, *, data: Path, node: NodeFile, program: str, joined: Callable[[], None]) -> None:
        self.load = Load()
        self.trouble = ""
        self._node = node
        self._directory = data / DIRECTORY
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._data = data
        self._certificate = Certificate(data)
        self._known = KnownServers(self._directory / "servers.json")
        self._haproxy = HAProxy(self._directory, program)
        self._kept = self._known.load()
        self._lookout = Lookout(self._kept, joined)
        self._heartbeat: Heartbeat | None = None
        self._ended = Event()
        self._turned = time.monotonic()
        self._answered = 0.0
        self._start_at, self._pause = 0.0, AGAIN_FIRST
        self._refusal = ""
        self._unshown = False
        """The certificate in its directory may be another one than HAProxy shows."""
        self._refused_before = self._refused_now = 0

    # ------------------------------------------------------------ what others ask, from their threads

    def figures(self, bus: str) -> Figures:
        """For the heartbeat."""
        refused = self._refused_before + self._refused_now
        return Figures(self.load.connected, self.load.waiting, refused, bus, self.trouble[:500])

    def turns(self) -> bool:
        """Whether it does its work."""
        return time.monotonic() - self._turned < 3 * HANGS_AFTER

    def wake(self) -> None:
        """The network has changed: look now."""
        self._lookout.wake()

    def end(self) -> None:
        """End `run`."""
        self._ended.set()

    def beats_with(self, heartbeat: Heartbeat) -> None:
        """Tell the state to this one."""
        self._heartbeat = heartbeat
        self._say(ServiceStatus.STARTING if self.trouble else ServiceStatus.RUNNING)

    # ------------------------------------------------------------ the work

    def run(self) -> None:
        """Until `end`. Raises NotStarted when the certificate of this node cannot be used."""
        try:
            self._certificate.renew()
            before = self._configured()
            self._configure()
        except (OSError, ValueError) as error:
            raise NotStarted(f"The certificate of this node cannot be used: {error}") from error
        self._lookout.start()
        try:
            # An earlier life of ours may have left one: devices are connected through it.
            if self._haproxy.take_over():
                self._answered = time.monotonic()
                # That life may have ended before it could show what it had written.
                self._unshown = True
                if before != self._configured():
                    self._haproxy.reload()
            while not self._ended.is_set():
                self._turn()
                self._ended.wait(TURN_EVERY)
        finally:
            self._say(ServiceStatus.STOPPING)
            self._haproxy.stop()
            self._lookout.stop()

    def _turn(self) -> None:
        self._turned = time.monotonic()
        self._keep()
        if not self._haproxy.running and not self._start():
            return
        try:
            self._renew()
            self._align()
            self._answered, self.trouble = time.monotonic(), ""
            if self._answered - self._start_at > AGAIN_LAST:
                self._pause = AGAIN_FIRST
            self._say(ServiceStatus.RUNNING)
        except OSError as error:
            if time.monotonic() - self._answered > HANGS_AFTER:
                self._fail(f"HAProxy does not answer: {error}.")
                self._haproxy.kill()

    def _start(self) -> bool:
        if self._answered and not self.trouble:
            self._fail(self._haproxy.complaint() or "HAProxy has ended.")
        if time.monotonic() < self._start_at:
            return False
        self._refused_before, self._refused_now = self._refused_before + self._refused_now, 0
        self._start_at, self._pause = time.monotonic() + self._pause, min(2 * self._pause, AGAIN_LAST)
        try:
            self._haproxy.start()
        except (NotStarted, OSError) as error:
            self._fail(str(error))
            return False
        self._answered, self._unshown = time.monotonic(), False
        log.info("balancer_serves", port=self._node.balancer_port, fingerprint=fingerprint(self._data))
        return True

    def _align(self) -> None:
        """One comparison of what is wanted with what HAProxy has."""
        actual, self.load = look(self._directory)
        self._refused_now = self.load.refused
        for command in plan(self._lookout.wanted, actual):
            try:
                carry_out(self._directory, command, bind=self._node.bind)
                log.info("server", server=command.id, done=command.do.value)
            except RuntimeRefused as refusal:
                if str(refusal) != self._refusal:
                    log.warning("server_refused", server=command.id, answer=str(refusal))
                self._refusal = str(refusal)

    def _renew(self) -> None:
        """Show a new certificate as soon as it is there, and again until HAProxy has taken it. One that cannot be read
        leaves the old one. Raises OSError when HAProxy does not answer."""
        try:
            self._unshown |= self._certificate.renew()
        except (OSError, ValueError) as error:
            log.warning("certificate_unreadable", error=str(error))
            return
        if not self._unshown:
            return
        try:
            show_certificate(self._directory)
        except RuntimeRefused as refusal:
            log.warning("certificate_refused", answer=str(refusal))
            self._haproxy.reload()
        self._unshown = False
        log.info("certificate_renewed", fingerprint=fingerprint(self._data))

    # ------------------------------------------------------------ files

    def _keep(self) -> None:
        """Write down the servers that get new work, for the next start of HAProxy and for ours."""
        # An empty list is no news: without any server the last ones that were there are the best guess.
        serving = self._lookout.serving
        if not serving or serving == self._kept:
            return
        self._kept = serving
        try:
            self._known.store(serving)
            self._configure()
        except OSError as error:
            log.warning("servers_not_kept", error=str(error))

    def _configure(self) -> None:
        write_private(
            self._directory / CONFIGURATION,
            configuration(
                bind=self._node.bind,
                port=self._node.balancer_port,
                connections=_connections(),
                servers=self._kept,
            ),
        )

    def _configured(self) -> str:
        path = self._directory / CONFIGURATION
        return path.read_text() if path.exists() else ""

    # ------------------------------------------------------------ words

    def _fail(self, trouble: str) -> None:
        if trouble != self.trouble:
            log.error("balancer_fails", trouble=trouble)
        self.trouble, self.load = trouble, Load()
        self._say(ServiceStatus.STARTING)

    def _say(self, status: ServiceStatus) -> None:
        if self._heartbeat is not None and self._heartbeat.status != ServiceStatus.STOPPING:
            self._heartbeat.say(status)


def _connections() -> int:
    """How many clients at once: two descriptors each, within what this user may open."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = hard if hard != resource.RLIM_INFINITY else 4 * MAX_CONNECTIONS
    return max(100, min(MAX_CONNECTIONS, (allowed - 200) // 2))


def process_id(started_at: float) -> str:
    """The id of a balancer as the manual shows it (p. 41); `started_at` in seconds since 1970."""
    return f"ums-broker-{os.getpid()}-{round(started_at * 1000)}-0-0"
