"""What monitors ask: `/ums/check-status` (domain/ha.md §7) and `/metrics`."""

from __future__ import annotations

import time
from datetime import timedelta
from ipaddress import ip_address
from threading import Lock
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpResponse, HttpResponseForbidden, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, disable_created_metrics, generate_latest

from ha.clock import database_now
from ha.models import Process
from ums.accounts.tokens import find_token
from ums.domain.processes import LOST_AFTER, ProcessType, ServiceStatus

if TYPE_CHECKING:
    from django.http import HttpRequest

log = structlog.get_logger("ums.status")
disable_created_metrics()

RECOMPUTE_AFTER = 60.0
"""Seconds that an answer is kept: a monitor may ask as often as it likes."""

AGAIN_AFTER = 5.0
"""Seconds that an answer other than ok is kept: what is good again is served again."""

INIT_MAX = 120.0
"""Seconds after which a server that has not come up counts as failed."""

WORKER_SILENCE = 180.0
"""Seconds without a beat after which the task worker counts as stuck."""


class Status:
    """The server's state as one word: init, ok, warn or err."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._loaded = time.monotonic()
        self._serving = False
        self._worker = 0.0
        self._word, self._until = "init", 0.0

    def serving(self) -> None:
        """The server has come up."""
        self._serving, self._worker, self._until = True, time.monotonic(), 0.0

    def worker_beat(self) -> None:
        """The task worker finished its canary: it is not only there, it works."""
        self._worker = time.monotonic()

    def worker_works(self) -> bool:
        """Whether the task worker of this process has finished its canary lately."""
        return time.monotonic() - self._worker <= WORKER_SILENCE

    def word(self) -> str:
        """The state, computed anew once in RECOMPUTE_AFTER, and in AGAIN_AFTER while it is not ok."""
        with self._lock:
            now = time.monotonic()
            if now >= self._until or self._word == "init":
                self._word = self._computed(now)
                self._until = now + (RECOMPUTE_AFTER if self._word == "ok" else AGAIN_AFTER)
            return self._word

    def _computed(self, now: float) -> str:
        if not self._serving:
            return "init" if now - self._loaded < INIT_MAX else "err"
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM devices_directory LIMIT 1")
                cursor.fetchone()
            works = self.worker_works() if settings.UMS_NODE is None else _worker_of(UUID(settings.UMS_NODE.id))
        except DatabaseError as error:
            log.error("status_database", error=str(error))
            return "err"
        if not works:
            log.warning("status_worker_silent")
            return "warn"
        return "ok"


def _worker_of(node: UUID) -> bool:
    """Whether the worker of a node runs and works: it beats only while its canary does. It is a process of its own."""
    since = database_now() - timedelta(seconds=LOST_AFTER)
    return Process.objects.filter(
        node=node, type=ProcessType.WORKER, status=ServiceStatus.RUNNING, timestamp__gte=since
    ).exists()


status = Status()


@login_not_required
@require_safe
def check_status(request: HttpRequest) -> HttpResponse:
    """200 with the state, for load balancers and monitors; no sign-in."""
    return JsonResponse({"status": status.word()}, headers={"Cache-Control": "no-store"})


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics, for UMS_METRICS_NETWORKS and for holders of an API token."""
    address = ip_address(request.client_address or "0.0.0.0")  # type: ignore[attr-defined]  # noqa: S104
    near = any(address in network for network in settings.UMS_METRICS_NETWORKS)
    text = request.headers.get("Authorization", "").removeprefix("Token ")
    if not near and find_token(text, address=str(address), method="GET") is None:
        return HttpResponseForbidden("Metrics are for UMS_METRICS_NETWORKS and for API tokens.\n", "text/plain")
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
