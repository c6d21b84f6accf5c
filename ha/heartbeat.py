"""The thread that says every second that a process is there, and gives up others that are silent.

A thread of its own, with a connection of its own: a busy event loop, or requests that have all connections of the
pool, do not make a process look dead. A process whose work hangs says nothing any more: `alive` tells.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from threading import Event, Thread
from typing import TYPE_CHECKING

import structlog
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, InterfaceError, connection

from ha import bus
from ha.own_connection import own_connection
from ha.selectors import everybody_hears, process_replacing
from ha.services import Figures, process_beat, process_ended, process_register, process_sample, processes_lost
from ums.domain.processes import BEAT_EVERY, LOST_AFTER, ServiceStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from ha.services import Identity

log = structlog.get_logger("ha.heartbeat")

SLOW = 2.0
"""Seconds that a beat may take; a database that takes longer kept others from beating as well."""


class Heartbeat(Thread):
    """Runs from `start()` to `stop()`. `reborn` is called with the new life after this process had been given up."""

    def __init__(
        self,
        identity: Identity,
        *,
        figures: Callable[[], Figures] = Figures,
        alive: Callable[[], bool] = lambda: True,
        reborn: Callable[[str], None] = lambda life: None,
        judges: bool = False,
    ) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self.identity = identity
        self.status = ServiceStatus.RUNNING
        self._figures, self._alive, self._reborn, self._judges = figures, alive, reborn, judges
        self._ended, self._woken = Event(), Event()
        self._registered = False
        self._beating_since: float | None = None
        self._sampled = 0

    def run(self) -> None:
        """Beat until stopped. Errors of the database are logged once and tried again."""
        own_connection()
        failing, pause = False, 0.0
        while True:
            self._woken.wait(pause)
            self._woken.clear()
            if self._ended.is_set():
                break
            pause = BEAT_EVERY
            try:
                self.beat()
                failing = False
            except (DatabaseError, InterfaceError, ObjectDoesNotExist) as error:
                # Does not exist: somebody has removed the node's entry while this process ran.
                if not failing:
                    log.warning("heartbeat_fails", error=str(error).strip().partition("\n")[0])
                failing, self._beating_since = True, None
                connection.close()
        connection.close()

    def beat(self) -> None:
        """Once: register when needed, beat, look after the others. Raises DatabaseError."""
        began = time.monotonic()
        if not self._registered:
            process_register(identity=self.identity, status=self.status)
            self._registered = True
        elif not self._alive():
            log.error("process_hangs", process=self.identity.id)
            return
        elif not process_beat(identity=self.identity, status=self.status, figures=self._figures()):
            if other := process_replacing(self.identity):
                log.error("node_runs_twice", process=self.identity.id, other=other.pk, pid=other.pid)
            self.identity = replace(self.identity, life=str(uuid.uuid4()))
            log.warning("process_was_given_up", process=self.identity.id)
            process_register(identity=self.identity, status=self.status)
            self._reborn(self.identity.life)
        self._sample()
        if carrier := bus.current():
            carrier.everybody_hears_first = everybody_hears(carrier.first)
        now = time.monotonic()
        if self._beating_since is None or now - began > SLOW:
            self._beating_since = now
        # After an outage or a standstill of the database all look silent; who has just come back judges nobody.
        if self._judges and now - self._beating_since > LOST_AFTER:
            processes_lost()

    def _sample(self) -> None:
        minute = int(time.time() // 60)
        if minute != self._sampled:
            process_sample(identity=self.identity, figures=self._figures())
            self._sampled = minute

    def say(self, status: ServiceStatus) -> None:
        """Tell another status, now and with each beat from now on. From any thread."""
        if status != self.status:
            self.status = status
            self._woken.set()

    def stop(self, *, seconds: float = 3.0) -> None:
        """End the thread and say that this process has stopped."""
        self._ended.set()
        self._woken.set()
        self.join(seconds)
        try:
            process_ended(id=self.identity.id, life=self.identity.life)
        except (DatabaseError, InterfaceError):
            log.warning("stop_unwritten", process=self.identity.id)
