"""The loop of the watchdog: look, decide, do, tell."""

from __future__ import annotations

import os
import signal
import time
import uuid
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING

import structlog
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, InterfaceError, connection

from ha import bus
from ha.clock import database_now
from ha.heartbeat import SLOW, Heartbeat
from ha.models import Node, Process
from ha.services import Figures, Identity, clock_event, node_ensure, process_reported
from ha.watchdog.configuration import programs
from ha.watchdog.plan import Call, Row, Seen, decide, is_alive, pause
from ha.watchdog.remembered import remember, wanted
from ha.watchdog.supervisor import Supervisor, SupervisorError
from ums import __version__
from ums.domain.processes import ALIVE, MAX_SKEW, ProcessType

if TYPE_CHECKING:
    from ha.nodefile import NodeFile
    from ha.watchdog.configuration import Places
    from ha.watchdog.plan import Decision

log = structlog.get_logger("ha.watchdog")

LOOK_EVERY = 1.0

HANGS_AFTER = 15.0
"""Seconds without a turn of the loop after which the watchdog itself does not count as there."""

TYPES = {"server": ProcessType.SERVER, "worker": ProcessType.WORKER, "balancer": ProcessType.BALANCER}
INFIXES = {"worker": "ums-worker", "balancer": "ums-broker"}


class Watchdog:
    """Looks after the programs of one node from `run()` until `stop()`."""

    def __init__(self, node: NodeFile, places: Places, *, life: str) -> None:
        self._node, self._places = node, places
        self._supervisor = Supervisor(places.socket)
        self._names = [name for name in programs(server=node.server, balancer=node.balancer) if name in TYPES]
        self._wanted = wanted(places)
        self._wake, self._ended = Event(), False
        self._turned = time.monotonic()
        self._database_since: float | None = None
        self._failures: dict[str, int] = {}
        self._next_try: dict[str, float] = {}
        self._skewed = ""
        self._heartbeat = Heartbeat(
            Identity(
                id=f"ums-watchdog-{os.getpid()}-{int(time.time() * 1000)}-1-0",
                type=ProcessType.WATCHDOG,
                node_id=uuid.UUID(node.id),
                host=node.name,
                life=life,
                version=__version__,
            ),
            figures=self._figures,
            alive=lambda: time.monotonic() - self._turned < HANGS_AFTER,
            judges=True,
        )

    def run(self) -> None:
        """Look again and again until stopped. Whatever fails is logged once and tried again."""
        failing = False
        while not self._ended:
            self._wake.clear()
            self._turned = time.monotonic()
            try:
                self.look()
                failing = False
            except SupervisorError as error:
                if not failing:
                    log.warning("supervisor_silent", error=str(error))
                failing = True
            except Exception:
                # Nobody looks after the watchdog: it goes on whatever happens.
                if not failing:
                    log.exception("look_failed")
                failing = True
            self._wake.wait(LOOK_EVERY)
        if self._heartbeat.is_alive():
            self._heartbeat.stop()
        connection.close()

    def stop(self) -> None:
        """End `run`. From a signal handler or any thread."""
        self._ended = True
        self._wake.set()

    def wake(self) -> None:
        """Look now: something changed."""
        self._wake.set()

    def look(self) -> None:
        """Once. Without the database what is known to be wanted is kept running. Raises SupervisorError."""
        rows = self._read()
        seen = self._supervisor.programs()
        for name in self._names:
            program = seen[name]
            if program.state == "RUNNING" and program.age > 60:
                self._failures.pop(name, None)
            row = rows.get(name) if rows is not None else None
            decision = decide(
                wanted=self._wanted.get(name, True), seen=program, row=row, resting=self._rests(name, program)
            )
            if rows is None and decision.call is not Call.START:
                continue
            self._do(name, program, decision.call)
            if rows is not None and decision.status is not None:
                self._tell(name, program, row, decision)

    # ------------------------------------------------------------ the database

    def _read(self) -> dict[str, Row] | None:
        """Rows by program; None while the database does not answer."""
        try:
            rows = self._rows()
        except (DatabaseError, InterfaceError, ObjectDoesNotExist) as error:
            if self._database_since is not None:
                log.warning("database_silent", error=str(error).strip().partition("\n")[0])
            self._database_since = None
            connection.close()
            return None
        return rows

    def _rows(self) -> dict[str, Row]:
        if self._database_since is None:
            node_ensure(node=self._node)
            self._database_since = time.monotonic()
        began = time.monotonic()
        node = Node.objects.get(pk=self._node.id)
        self._remember({"server": node.server_wanted, "worker": node.server_wanted, "balancer": node.balancer_wanted})
        if self._heartbeat.ident is None:
            self._heartbeat.start()
        now = database_now()
        # After an outage or a standstill of the database all look silent, though nobody could say a word.
        if time.monotonic() - began > SLOW:
            self._database_since = time.monotonic()
        answers_for = time.monotonic() - self._database_since
        found = {}
        for row in Process.objects.filter(node=node):
            if row.pk == self._heartbeat.identity.id:
                self._clock(row.skew)
            for name, kind in TYPES.items():
                if row.type == kind:
                    silent = min((now - row.timestamp).total_seconds(), answers_for)
                    found[name] = Row(row.status, row.pid, is_alive(row.status, row.life), silent, row.detail)
        return found

    def _remember(self, all_wanted: dict[str, bool]) -> None:
        if all_wanted != self._wanted:
            self._wanted = all_wanted
            try:
                remember(self._places, all_wanted)
            except OSError as error:
                log.error("wanted_not_stored", error=error.strerror)

    def _tell(self, name: str, program: Seen, row: Row | None, decision: Decision) -> None:
        assert decision.status is not None
        detail = " ".join(part for part in (decision.detail, self._last_words(name, decision)) if part)
        unchanged = row is not None and not row.alive and (row.status, row.detail) == (decision.status, detail)
        if unchanged and decision.status not in ALIVE:
            return
        started = int((time.time() - program.age) * 1000)
        id = self._node.id if name == "server" else f"{INFIXES[name]}-{program.pid}-{started}-0-0"
        try:
            process_reported(
                node_id=uuid.UUID(self._node.id),
                id=id,
                type=TYPES[name],
                pid=program.pid,
                status=decision.status,
                detail=detail,
            )
        except (DatabaseError, InterfaceError, ObjectDoesNotExist):
            connection.close()

    def _last_words(self, name: str, decision: Decision) -> str:
        """What a program that could not start said about it, from its log."""
        if "exit status" not in decision.detail or "(" in decision.detail:
            return ""
        with suppress(OSError), self._places.log(name).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4000))
            lines = file.read().decode(errors="replace").splitlines()
            if words := next((line for line in reversed(lines) if line.startswith("ums: ")), ""):
                return f"({words.removeprefix('ums: ')})"
        return ""

    # ------------------------------------------------------------ the programs

    def _rests(self, name: str, program: Seen) -> bool:
        """Whether what keeps ending waits for its next try."""
        if program.state != "FATAL":
            return False
        if name not in self._next_try:
            self._failures[name] = self._failures.get(name, 0) + 1
            self._next_try[name] = time.monotonic() + pause(self._failures[name])
            log.error("program_keeps_ending", program=name, again_in=pause(self._failures[name]))
        return time.monotonic() < self._next_try[name]

    def _do(self, name: str, program: Seen, call: Call | None) -> None:
        if call is None:
            return
        log.info("program", program=name, call=call.value, state=program.state, pid=program.pid)
        if call is Call.KILL:
            with suppress(ProcessLookupError):
                os.kill(program.pid, signal.SIGKILL)
            return
        self._next_try.pop(name, None)
        with suppress(SupervisorError):
            if call is Call.START:
                self._supervisor.start(name)
            else:
                self._supervisor.stop(name)

    # ------------------------------------------------------------ itself

    def _figures(self) -> Figures:
        return Figures(bus=bus.carrier_name(), detail=self._skewed)

    def _clock(self, skew: float) -> None:
        """Say that this host's clock differs too much, when it begins and when it ends (manual p. 11)."""
        if abs(skew) <= MAX_SKEW:
            if self._skewed:
                self._skewed = ""
                clock_event(id=self._heartbeat.identity.id, text="has the database's time again.")
            return
        words = f"The clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the database's."
        if not self._skewed:
            clock_event(id=self._heartbeat.identity.id, text=f"has another time: {words}")
        self._skewed = words
