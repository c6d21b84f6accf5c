"""What is kept of the past, and for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ha.clock import database_now
from ha.models import NetworkEvent, ProcessSample
from ha.services import history, history_prune
from ha.services.history import KEEP_EVENTS, KEEP_SAMPLES
from tests.factories.ha import ProcessFactory
from ums.project.celery import app

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def test_what_is_too_old_goes_however_much_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "AT_ONCE", 2)
    now, process = database_now(), ProcessFactory.create()
    for ago in (timedelta(0), KEEP_SAMPLES - MINUTE, *(KEEP_SAMPLES + n * MINUTE for n in range(1, 6))):
        ProcessSample.objects.create(process=process, at=now - ago, connected=0, waiting=0, refused=0)
    for ago in (timedelta(0), KEEP_EVENTS - MINUTE, *(KEEP_EVENTS + n * MINUTE for n in range(1, 4))):
        NetworkEvent.objects.create(at=now - ago, kind="started", node_name="north", text="has started.")
    assert history_prune() == 5 + 3
    assert ProcessSample.objects.count() == 2
    assert NetworkEvent.objects.count() == 2
    assert history_prune() == 0


def test_each_worker_prunes_by_itself() -> None:
    task = next(entry for entry in app.conf.beat_schedule.values() if entry["task"] == "ha.tasks.prune")
    app.loader.import_default_modules()
    assert task["task"] in app.tasks
