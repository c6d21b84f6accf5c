"""Many devices at once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from ums.audit.models import Event
from ums.audit.services import record_each
from ums.core.access import Action, restrict
from ums.core.errors import AppError, NotAllowed
from ums.core.trial import note_devices
from ums.devices.models import Device, Directory
from ums.devices.services.devices import devices_move
from ums.devices.services.locks import deletion_locked
from ums.devices.services.settings import When
from ums.live.messages import DevicesChanged, DevicesCutOff, TreeChanged
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

    from ums.core.actor import Actor

UNDO_WINDOW = timedelta(hours=1)
PART = 1000
"""Devices whose deletion is one round of statements, and one message."""


@transaction.atomic
def devices_delete(*, actor: Actor, devices: Collection[Device]) -> int:
    """Delete devices with their certificates, assignments and histories of commands. Returns how many.

    All or none: raises NotAllowed when `write` is missing on one of them. They are cut off at once.
    """
    ids = sorted({device.pk for device in devices})
    writable: QuerySet[Device] = Device.objects.filter(pk__in=ids)
    if actor.user is not None:
        writable = restrict(writable, actor.user, Action.WRITE)
    found = list(writable.select_related("directory").order_by("pk"))
    if len(found) != len(ids):
        raise NotAllowed("You lack the permission to delete some of these devices.")
    note_devices(ids)
    record_each(
        actor=actor,
        action="device.deleted",
        changes=[(one, {"unit_id": one.unit_id, "directory": one.directory.name}, None) for one in found],
    )
    for start in range(0, len(ids), PART):
        part = tuple(ids[start : start + PART])
        deletion_locked(part)
        Device.objects.filter(pk__in=part).delete()
        publish_on_commit(DevicesCutOff(part), DevicesChanged(part))
    publish_on_commit(TreeChanged())
    return len(found)


@transaction.atomic
def devices_move_back(*, actor: Actor, request_id: str, when: When = When.NOW) -> list[Device]:
    """Undo one's own move of the last hour, named by the request that made it; the audit log knows where each was.

    Devices that were moved on since stay. Raises AppError `nothing_to_undo`, NotAllowed.
    """
    events = Event.objects.filter(action="device.moved", request_id=request_id, time__gte=timezone.now() - UNDO_WINDOW)
    moves = {
        int(event.object_id): (event.before["directory_id"], event.after["directory_id"])
        for event in (events.filter(actor=actor.user) if request_id else events.none())
        if event.before and event.after
    }
    returning: dict[int, list[Device]] = {}
    for device in Device.objects.filter(pk__in=moves).select_related("directory").order_by("pk"):
        origin, target = moves[device.pk]
        if device.directory_id == target:
            returning.setdefault(origin, []).append(device)
    directories = Directory.objects.in_bulk(returning)
    moved: list[Device] = []
    for origin, group in returning.items():
        if origin in directories:
            moved += devices_move(actor=actor, devices=group, directory=directories[origin], when=when)
    if not moved:
        raise AppError("nothing_to_undo", "There is nothing to undo: they were moved on, or it was too long ago.")
    return moved
