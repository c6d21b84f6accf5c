"""Rows are locked in one order: who writes about the same nodes, processes and devices at once waits, and never
deadlocks (docs/architecture.md, Locks)."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.utils import timezone

from ha.models import NetworkEvent, Node, Process
from ha.services import process_delete, process_ended, process_register, processes_lost
from tests.apps.ha.test_processes import identity, node
from tests.factories import DeviceFactory, DirectoryFactory
from ums.connector.work import InventoryReport, store_inventories
from ums.core.actor import SYSTEM
from ums.core.errors import AppError
from ums.devices.models import Device, Presence, SettingsState
from ums.devices.services import (
    Applied,
    Contact,
    boots_write,
    devices_delete,
    devices_move,
    presence_lost,
    presence_write,
    settings_applied,
    settings_changed,
)
from ums.devices.services import settings as settings_services
from ums.domain.processes import LOST_AFTER, ServiceStatus
from ums.domain.protocol import Inventory

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 25
DEVICES = 60


@pytest.fixture(autouse=True)
def with_row_locks() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("the embedded database has one writer at a time")


def at_once(*jobs: Callable[[], object]) -> None:
    """Each job ROUNDS times, all of them beside each other. Raises what a job raises, a deadlock above all."""
    start = Barrier(len(jobs))

    def repeat(job: Callable[[], object]) -> None:
        try:
            start.wait(10)
            for _ in range(ROUNDS):
                job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        for running in [pool.submit(repeat, job) for job in jobs]:
            running.result(120)


def test_lives_that_begin_and_end_at_once() -> None:
    """A process registers while it is given up, ended and deleted; all of them let go of its devices."""
    who = identity(node())
    devices = [device.pk for device in DeviceFactory.create_batch(DEVICES)]
    process_register(identity=who)

    def register() -> None:
        with suppress(Node.DoesNotExist):
            process_register(identity=replace(who, life=str(uuid4())))

    def hold() -> None:
        life = Process.objects.filter(pk=who.id).values_list("life", flat=True).first() or "nobody"
        presence_write(server=life, contacts=contacts(devices), fenced=True)

    def give_up() -> None:
        long_ago = timezone.now() - timedelta(seconds=LOST_AFTER + 1)
        Process.objects.filter(pk=who.id).update(timestamp=long_ago, status=ServiceStatus.RUNNING)
        processes_lost()

    def end() -> None:
        for life in Process.objects.filter(pk=who.id).values_list("life", flat=True):
            process_ended(id=who.id, life=life)

    def delete() -> None:
        with suppress(AppError):
            for row in Process.objects.filter(pk=who.id):
                process_delete(actor=SYSTEM, process=row)

    at_once(register, hold, hold, give_up, end, delete)
    assert NetworkEvent.objects.filter(kind="started").exists()


def contacts(devices: list[int]) -> list[Contact]:
    now = timezone.now()
    return [Contact(pk, random.random() < 0.8, now, now, flipped=True) for pk in random.sample(devices, len(devices))]


def test_devices_that_report_while_they_are_changed_moved_and_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_services, "OWN_FACTS_COUNT", [lambda: True])
    devices = [device.pk for device in DeviceFactory.create_batch(DEVICES)]
    doomed = [device.pk for device in DeviceFactory.create_batch(ROUNDS * 4)]
    everybody, directories = devices + doomed, DirectoryFactory.create_batch(2)

    def some() -> list[int]:
        return random.sample(everybody, DEVICES)

    def inventories() -> None:
        name = uuid4().hex
        store_inventories([InventoryReport(pk, Inventory(hostname=f"{name}-{pk}"), "", "", "", "") for pk in some()])

    def delete() -> None:
        going = [doomed.pop() for _ in range(4)]
        devices_delete(actor=SYSTEM, devices=Device.objects.filter(pk__in=going))

    def seqs(ids: list[int]) -> list[Applied]:
        states = dict(SettingsState.objects.filter(pk__in=ids).values_list("pk", "seq"))
        return [Applied(pk, states[pk], "tag") for pk in ids if pk in states]

    at_once(
        inventories,
        inventories,
        lambda: boots_write(boot_ids={pk: uuid4().hex for pk in some()}),
        lambda: settings_applied(reports=seqs(some())),
        lambda: settings_changed(actor=SYSTEM, devices=Device.objects.filter(pk__in=some())),
        lambda: devices_move(
            actor=SYSTEM, devices=list(Device.objects.filter(pk__in=devices)), directory=random.choice(directories)
        ),
        lambda: presence_write(server="one", contacts=contacts(some())),
        lambda: presence_lost(server="one"),
        delete,
    )
    assert Device.objects.count() == Presence.objects.count() == DEVICES
