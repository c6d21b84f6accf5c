"""Commands to devices: given, claimed by the server that holds the device, finished, expired."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from ums.audit.services import record
from ums.core.access import Action, owns, require, restrict
from ums.core.errors import AppError, Conflict, NotAllowed
from ums.core.validation import clean
from ums.devices.models import Device
from ums.domain.protocol import CommandKind
from ums.domain.wake import destinations
from ums.jobs.models import OPEN_STATES, Batch, Command, CommandState
from ums.jobs.waking import wake
from ums.live.messages import BatchChanged, CommandsQueued
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from django.db.models import QuerySet

    from ums.core.actor import Actor

LIFETIME = timedelta(hours=24)
"""A command for a device that stays away longer is not carried out any more: a reboot of last week surprises."""

MAX_MESSAGE = 2000


@transaction.atomic
def commands_give(
    *,
    actor: Actor,
    devices: QuerySet[Device],
    kind: CommandKind,
    target: str,
    arguments: Mapping[str, Any] | None = None,
    expect: int | None = None,
) -> Batch:
    """Give one command to all of `devices`; `target` says in words which they are.

    `expect` is how many the administrator was told: if there are more or fewer by now, nothing is done.
    Needs “command” on each. Raises AppError `no_devices`, `invalid`, Conflict `count_changed`, NotAllowed.
    """
    arguments = _checked(kind, dict(arguments or {}))
    ids = list(devices.order_by("pk").values_list("pk", flat=True))
    if expect is not None and len(ids) != expect:
        raise Conflict("count_changed", f"These are {len(ids):,} devices by now, not {expect:,}. Look again.")
    if not ids:
        raise AppError("no_devices", "There is no device to send this to.")
    if actor.user is not None:
        allowed = restrict(devices, actor.user, Action.COMMAND).count()
        if allowed != len(ids):
            raise NotAllowed(f"You may send commands to {allowed:,} of these {len(ids):,} devices only.")
    batch = Batch(
        kind=kind.value,
        arguments=arguments,
        target=target[:255],
        total=len(ids),
        author=actor.user,
        author_name=actor.name,
    )
    clean(batch)
    batch.save(force_insert=True)
    expires_at = timezone.now() + LIFETIME
    Command.objects.bulk_create(
        (Command(batch=batch, device_id=pk, kind=kind.value, expires_at=expires_at) for pk in ids), batch_size=2000
    )
    record(
        actor=actor,
        action="command.given",
        target=batch,
        name=target,
        after={"command": kind.value, "devices": len(ids), **({"device": ids[0]} if len(ids) == 1 else {})},
    )
    publish_on_commit(CommandsQueued(), BatchChanged(batch.pk))
    return batch


@transaction.atomic
def devices_wake(*, actor: Actor, devices: QuerySet[Device], macs: Mapping[int, str], target: str) -> None:
    """Send Wake on LAN packets to `devices`, whose MAC addresses the caller knows; those without one get none.

    Needs “command” on each. Raises NotAllowed.
    """
    found = dict(devices.order_by("pk").values_list("pk", "ip_address"))
    if actor.user is not None and restrict(devices, actor.user, Action.COMMAND).count() != len(found):
        raise NotAllowed("You may not send commands to all of these devices.")
    known = [pk for pk in found if macs.get(pk)]
    record(
        actor=actor,
        action="command.given",
        name=target[:255],
        after={"command": "wakeup", "devices": len(known), **({"device": known[0]} if len(known) == 1 else {})},
    )
    packets = [(macs[pk], destination) for pk in known for destination in destinations(found[pk])]
    transaction.on_commit(lambda: wake(packets))


@transaction.atomic
def batch_cancel(*, actor: Actor, batch: Batch) -> int:
    """Cancel what has not been sent. Returns how many. Raises NotAllowed unless it is one's own, or one may command."""
    waiting = batch.commands.filter(state=CommandState.QUEUED)
    if actor.user is not None and not owns(actor.user, batch.author_id):
        own = batch.author_id == actor.user.pk
        if not own or restrict(waiting, actor.user, Action.COMMAND).count() != waiting.count():
            require(actor.user, Action.COMMAND)
    count = waiting.update(state=CommandState.CANCELLED, finished_at=timezone.now())
    if count:
        record(actor=actor, action="command.cancelled", target=batch, name=batch.target, after={"devices": count})
        publish_on_commit(BatchChanged(batch.pk))
    return count


@transaction.atomic
def commands_claim(*, device_ids: Collection[int]) -> list[Command]:
    """What waits for these devices, marked as sent by compare-and-swap: each command goes out once.

    Commands that were sent over a connection that broke are claimed by `commands_reclaim`.
    """
    now = timezone.now()
    waiting = Command.objects.filter(device_id__in=device_ids, state=CommandState.QUEUED, expires_at__gt=now)
    claimed = [
        command
        for command in waiting.select_related("batch").order_by("pk")[:1000]
        if Command.objects.filter(pk=command.pk, state=CommandState.QUEUED).update(state=CommandState.SENT, sent_at=now)
    ]
    _announce({command.batch_id for command in claimed})
    return claimed


def commands_reclaim(*, device_id: int) -> list[Command]:
    """Sent, but without a result: sent again to a device that has just connected. It knows which ids it has done."""
    sent = Command.objects.filter(device_id=device_id, state=CommandState.SENT, expires_at__gt=timezone.now())
    return list(sent.select_related("batch").order_by("pk")[:100])


@transaction.atomic
def command_finish(*, device_id: int, command_id: int, ok: bool, text: str) -> bool:
    """A device reports the end of a command. A second report, or one for another device's command, changes nothing."""
    finished = Command.objects.filter(pk=command_id, device_id=device_id, state__in=OPEN_STATES).update(
        state=CommandState.SUCCEEDED if ok else CommandState.FAILED, text=text[:4096], finished_at=timezone.now()
    )
    if finished:
        _announce(set(Command.objects.filter(pk=command_id).values_list("batch_id", flat=True)))
    return bool(finished)


@transaction.atomic
def commands_expire() -> int:
    """Open commands past their time. Returns how many. Run by beat; any number of times."""
    now = timezone.now()
    late = Command.objects.filter(state__in=OPEN_STATES, expires_at__lte=now)
    batches = set(late.order_by().values_list("batch_id", flat=True).distinct()[:1000])
    count = late.update(state=CommandState.EXPIRED, finished_at=now, text="The device did not come in time.")
    _announce(batches)
    return count


def _announce(batch_ids: set[int]) -> None:
    publish_on_commit(*(BatchChanged(pk) for pk in sorted(batch_ids)))


def _checked(kind: CommandKind, arguments: dict[str, Any]) -> dict[str, Any]:
    if kind is not CommandKind.MESSAGE:
        if arguments:
            raise AppError("invalid", f"The command “{kind.value}” takes no arguments.")
        return {}
    text = arguments.get("text")
    if arguments.keys() != {"text"} or not isinstance(text, str) or not text.strip():
        raise AppError("invalid", "Enter the text of the message.", fields={"text": ["Enter the text of the message."]})
    if len(text) > MAX_MESSAGE:
        message = f"A message has {MAX_MESSAGE:,} characters at most."
        raise AppError("invalid", message, fields={"text": [message]})
    return {"text": text.strip()}
