"""Celery inside the server process, for the embedded default: worker threads and beat, no broker to install."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from celery.beat import EmbeddedService
from celery.worker import WorkController

from ums.project.celery import app

if TYPE_CHECKING:
    from pathlib import Path

    from celery.worker.consumer import Consumer


class _Controller(WorkController):
    """`Worker` would take over signals and logging; they belong to the server."""

    ready: threading.Event

    def on_consumer_ready(self, consumer: Consumer) -> None:
        self.ready.set()


class EmbeddedWorker:
    """Worker and beat in threads of this process."""

    def __init__(self, schedule_file: Path) -> None:
        self._controller = _Controller(
            app=app,
            pool="threads",
            concurrency=2,
            hostname="embedded@localhost",
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        self._controller.ready = threading.Event()
        self._beat: Any = EmbeddedService(app, thread=True, schedule_filename=str(schedule_file), max_interval=5)

    def start(self) -> None:
        """Start both; returns when the worker takes tasks. Raises RuntimeError when it does not within 15 s."""
        threading.Thread(target=self._controller.start, name="celery-worker", daemon=True).start()
        if not self._controller.ready.wait(15):
            raise RuntimeError("The task worker did not start.")
        self._beat.start()

    def stop(self) -> None:
        """Stop beat, then let running tasks end."""
        self._beat.stop()
        self._controller.stop()
