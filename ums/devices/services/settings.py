"""Marking devices whose settings may have changed. Profiles, moves and templates end here."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from ums.core.trial import current_trial, note_devices
from ums.devices.models import Directory, DirectoryKind, SettingsState
from ums.devices.services.locks import rows_locked
from ums.live.messages import SettingsChanged
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

    from ums.core.actor import Actor
    from ums.devices.models import Device


class When(StrEnum):
    """When a change reaches the devices (domain/profiles.md §7)."""

    NOW = "now"
    NEXT_BOOT = "next_boot"


def structure_locked(*, kind: str = DirectoryKind.DEVICE) -> None:
    """Until the end of the transaction nobody else changes what decides about settings: where devices and directories
    are, what is assigned, what profiles hold. Two such changes at once would not see, and so not mark, the devices that
    the other one brings under them. To be called before other rows are locked; devices reporting do not wait for it.
    """
    list(Directory.objects.select_for_update(no_key=True).filter(kind=kind, parent=None).order_by().values_list("pk"))


def next_seq() -> Greatest:
    """The `seq` of a change: microseconds since 1970, so that all devices of one change share it, and always more."""
    return Greatest(F("seq") + 1, Value(time.time_ns() // 1000))


@transaction.atomic(savepoint=False)
def settings_changed(*, actor: Actor, devices: QuerySet[Device], when: When = When.NOW, answered: bool = False) -> int:
    """Mark the settings of `devices` as pending, in one statement, and nudge the servers. Returns how many.

    answered: the caller sends them to the devices at once, so that nobody needs to be nudged.

    A deferred change does not hold back one that is already on its way: only rows that are not pending become
    deferred, and a change for now takes the deferred ones along, since a device gets its settings as a whole.
    In a trial (`ums.core.trial`) they are noted, and nothing is written.
    """
    if trial := current_trial():
        ids = set(devices.order_by().values_list("pk", flat=True))
        trial.devices |= ids
        return len(ids)
    now, seq = timezone.now(), next_seq()
    states = SettingsState.objects.filter(device__in=devices.order_by().values("pk"))
    rows_locked(states)
    if when is When.NOW:
        count = states.update(seq=seq, pending=True, deferred=False, pending_since=now)
        if count and not answered:
            publish_on_commit(SettingsChanged())
        return count
    on_their_way = states.filter(pending=True, deferred=False).update(seq=seq)
    if on_their_way:
        publish_on_commit(SettingsChanged())
    deferred = states.exclude(pending=True, deferred=False)
    return on_their_way + deferred.update(seq=seq, pending=True, deferred=True, pending_since=now)


OWN_FACTS_COUNT: list[Callable[[], bool]] = []
"""Upper rooms, which register in AppConfig.ready(), say whether anything in force depends on what a device is."""


@transaction.atomic
def own_facts_changed(*, device_id: int) -> None:
    """What a device is, as its name or its address, changed, and static template keys may have other values on it.

    It is marked for now, but a change that waits for the next boot goes on waiting: nobody meant it to come earlier.
    Where nothing depends on it, as nearly everywhere, nothing happens. In a trial it is noted, and nothing is written.
    """
    if not any(count() for count in OWN_FACTS_COUNT):
        return
    if current_trial():
        note_devices([device_id])
        return
    states = SettingsState.objects.filter(device_id=device_id)
    if states.update(seq=next_seq(), pending=True, pending_since=timezone.now()):
        publish_on_commit(SettingsChanged())
