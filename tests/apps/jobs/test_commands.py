"""Commands: given to exactly those that were counted, sent once, finished, expired, cancelled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from tests.cast import Cast
from tests.factories import DeviceFactory
from ums.audit.models import Event
from ums.core.actor import SYSTEM
from ums.core.errors import AppError, Conflict, NotAllowed
from ums.devices.models import Device
from ums.domain.protocol import CommandKind
from ums.jobs.models import Batch, Command, CommandState
from ums.jobs.selectors import batch_counts, batch_failures, batch_for_reader
from ums.jobs.services import (
    LIFETIME,
    batch_cancel,
    command_finish,
    commands_claim,
    commands_expire,
    commands_give,
    commands_reclaim,
)

pytestmark = pytest.mark.django_db


def give(kind: CommandKind = CommandKind.REBOOT, **more: object) -> Batch:
    """A batch for all devices."""
    return commands_give(actor=SYSTEM, devices=Device.objects.all(), kind=kind, target="all", **more)  # type: ignore[arg-type]


def test_a_batch_is_for_exactly_the_counted_devices() -> None:
    devices = DeviceFactory.create_batch(3)
    batch = give(expect=3)
    assert set(batch.commands.values_list("device", flat=True)) == {device.pk for device in devices}
    DeviceFactory()
    with pytest.raises(Conflict, match="4 devices by now, not 3"):
        give(expect=3)
    assert Batch.objects.count() == 1
    event = Event.objects.get(action="command.given")
    assert event.after == {"command": "reboot", "devices": 3}


def test_nobody_is_no_batch() -> None:
    with pytest.raises(AppError) as refused:
        give()
    assert refused.value.code == "no_devices"


@pytest.mark.parametrize("arguments", [{}, {"text": "  "}, {"text": "x" * 2001}, {"text": "x", "more": 1}, {"text": 5}])
def test_a_message_needs_a_text(arguments: dict[str, object]) -> None:
    DeviceFactory()
    with pytest.raises(AppError):
        give(CommandKind.MESSAGE, arguments=arguments)
    with pytest.raises(AppError):
        give(CommandKind.REBOOT, arguments={"text": "no"})


def test_who_may(cast: Cast) -> None:
    own, everything = Device.objects.filter(pk=cast.things["device"].pk), Device.objects.all()
    give_to = {"kind": CommandKind.REBOOT, "target": "some"}
    assert commands_give(actor=cast.actor("admin"), devices=own, **give_to).total == 1
    for role, devices in (("admin", everything), ("reader", own), ("stranger", own)):
        with pytest.raises(NotAllowed):
            commands_give(actor=cast.actor(role), devices=devices, **give_to)


def test_a_command_is_claimed_once_and_finished_once() -> None:
    device, other = DeviceFactory.create_batch(2)
    give()
    (command,) = commands_claim(device_ids=[device.pk])
    assert commands_claim(device_ids=[device.pk]) == []
    assert [one.pk for one in commands_reclaim(device_id=device.pk)] == [command.pk]
    assert not command_finish(device_id=other.pk, command_id=command.pk, ok=True, text="not mine")
    assert command_finish(device_id=device.pk, command_id=command.pk, ok=False, text="no")
    assert not command_finish(device_id=device.pk, command_id=command.pk, ok=True, text="again")
    command.refresh_from_db()
    assert (command.state, command.text) == (CommandState.FAILED, "no")
    assert commands_reclaim(device_id=device.pk) == []


def test_what_waits_too_long_expires() -> None:
    device = DeviceFactory()
    give()
    with time_machine.travel(timezone.now() + LIFETIME + timedelta(seconds=1)):
        assert commands_claim(device_ids=[device.pk]) == []
        assert commands_expire() == 1
        assert commands_expire() == 0
    assert Command.objects.get().state == CommandState.EXPIRED


def test_only_what_was_not_sent_is_cancelled(cast: Cast) -> None:
    devices = DeviceFactory.create_batch(3, directory=cast.own["device"])
    own = Device.objects.filter(pk__in=[device.pk for device in devices])
    batch = commands_give(actor=cast.actor("admin"), devices=own, kind=CommandKind.SHUTDOWN, target="own")
    commands_claim(device_ids=[devices[0].pk])
    for role in ("reader", "stranger"):
        with pytest.raises(NotAllowed):
            batch_cancel(actor=cast.actor(role), batch=batch)
    assert batch_cancel(actor=cast.actor("admin"), batch=batch) == 2
    assert batch_cancel(actor=cast.actor("admin"), batch=batch) == 0
    assert batch_counts(batch_ids=[batch.pk])[batch.pk] == {"sent": 1, "cancelled": 2}


def test_failures_are_told_a_few_of_each_batch() -> None:
    DeviceFactory.create_batch(4)
    batches = [give(), give()]
    for command in Command.objects.all():
        command_finish(device_id=command.device_id, command_id=command.pk, ok=False, text=f"because {command.pk}")
    found = batch_failures(batch_ids=[batch.pk for batch in batches], each=2)
    assert {pk: len(lines) for pk, lines in found.items()} == {batch.pk: 2 for batch in batches}
    assert found[batches[0].pk][0][1].startswith("because ")


def test_a_batch_is_seen_by_its_author_and_by_readers_of_its_devices(cast: Cast) -> None:
    elsewhere = Device.objects.filter(pk=cast.things["elsewhere"].pk)
    hidden = commands_give(actor=SYSTEM, devices=elsewhere, kind=CommandKind.REBOOT, target="there")
    own = Device.objects.filter(pk=cast.things["device"].pk)
    seen = commands_give(actor=SYSTEM, devices=own, kind=CommandKind.REBOOT, target="here")
    for reader, visible in ((cast.reader, {seen}), (cast.root, {seen, hidden})):
        assert set(batch_for_reader(user=reader)) & {seen, hidden} == visible
    assert not batch_for_reader(user=cast.stranger).exists()


@pytest.mark.django_db(transaction=True)
def test_servers_that_claim_at_once_share_the_commands_without_doubles() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's test database is in memory, where threads cannot wait for each other")
    devices = DeviceFactory.create_batch(40)
    give()
    ids, start = [device.pk for device in devices], Barrier(4)

    def claim() -> list[int]:
        try:
            start.wait(10)
            return [command.pk for command in commands_claim(device_ids=ids)]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        claims = [pool.submit(claim) for _ in range(4)]
        claimed = [pk for one in claims for pk in one.result(60)]
    assert len(claimed) == len(set(claimed)) == 40
    assert not Command.objects.exclude(state=CommandState.SENT).exists()
