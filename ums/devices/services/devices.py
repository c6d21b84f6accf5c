"""Devices: registered by enrolment, described, moved and deleted by administrators."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from ums.audit.services import changed, record, record_each
from ums.core.access import Action, require, restrict
from ums.core.errors import AppError, NotAllowed
from ums.core.trial import note_devices
from ums.core.validation import clean
from ums.devices.models import Device, Directory, DirectoryKind, Presence, SettingsState
from ums.devices.services.locks import deletion_locked, rows_locked
from ums.devices.services.settings import When, own_facts_changed, settings_changed, structure_locked
from ums.live.messages import DevicesChanged, DevicesCutOff, TreeChanged
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from django.db.models import QuerySet

    from ums.core.actor import Actor

PROPERTIES = ("name", "site", "department", "cost_centre", "asset_id", "in_service_date", "serial_number", "comment")
"""What an administrator may write (domain/console.md §3, custom properties)."""

WRITABLE = (*PROPERTIES, "ip_address")
"""What programs may write besides: where a device is, until it reports that itself."""

IN_STATIC_KEYS = {"name", "serial_number", "ip_address"}
"""Those that are values of static template keys: profiles may put them into settings."""

REENROLMENT_WINDOW = timedelta(hours=24)


@transaction.atomic
def device_register(*, actor: Actor, unit_id: str, directory: Directory | None, name: str = "") -> Device:
    """A device that enrols for the first time, in `directory` (none: the root). Raises AppError `invalid`."""
    directory = directory or Directory.objects.get(kind=DirectoryKind.DEVICE, parent=None)
    device = Device(unit_id=unit_id, name=name or unit_id, directory=directory)
    clean(device)
    device.save(force_insert=True)
    Presence(device=device).save(force_insert=True)
    SettingsState(device=device, pending_since=timezone.now()).save(force_insert=True)
    record(
        actor=actor,
        action="device.registered",
        target=device,
        after={"unit_id": unit_id, "directory": directory.name},
    )
    publish_on_commit(TreeChanged(), DevicesChanged((device.pk,)))
    return device


@transaction.atomic
def device_create(
    *,
    actor: Actor,
    unit_id: str,
    directory: Directory,
    firmware: tuple[str, str] = ("", ""),
    **properties: str | date | None,
) -> Device:
    """A device that is expected: when it enrols it is this one. `firmware`: name and version, until it reports its own.

    Needs write on the directory. Raises NotAllowed, AppError `directory_other_kind`, `invalid`, TypeError as
    `device_update`.
    """
    require(actor.user, Action.WRITE, directory)
    if directory.kind != DirectoryKind.DEVICE:
        raise AppError("directory_other_kind", "Devices can be in directories of devices only.")
    device = device_register(actor=actor, unit_id=unit_id, directory=directory)
    device.firmware, device.firmware_version = firmware
    device.save(update_fields=["firmware", "firmware_version"])
    return device_update(actor=actor, device=device, **properties) if properties else device


@transaction.atomic
def device_update(*, actor: Actor, device: Device, **properties: str | date | None) -> Device:
    """Change custom properties (WRITABLE). Raises AppError `invalid`, NotAllowed, TypeError for other names."""
    require(actor.user, Action.WRITE, device)
    if unknown := properties.keys() - set(WRITABLE):
        raise TypeError(f"not custom properties: {sorted(unknown)}")
    old = {name: getattr(device, name) for name in properties}
    for name, value in properties.items():
        setattr(device, name, value.strip() if isinstance(value, str) else value)
    if "ip_address" in properties:
        _check_address(device.ip_address)
    clean(device)
    device.save(update_fields=list(properties))
    before, after = changed(_plain(old), _plain({name: getattr(device, name) for name in properties}))
    record(actor=actor, action="device.updated", target=device, before=before, after=after)
    if IN_STATIC_KEYS & after.keys():
        own_facts_changed(device_id=device.pk)
    publish_on_commit(DevicesChanged((device.pk,)))
    return device


@transaction.atomic
def devices_move(
    *, actor: Actor, devices: Collection[Device], directory: Directory, when: When = When.NOW
) -> list[Device]:
    """Move devices into one directory. Those that are there already stay as they are. Returns the moved ones.

    Needs write on every device and on the directory. Raises NotAllowed, AppError `directory_other_kind`.
    """
    require(actor.user, Action.WRITE, directory)
    if directory.kind != DirectoryKind.DEVICE:
        raise AppError("directory_other_kind", "Devices can be moved to directories of devices only.")
    structure_locked()
    ids = {device.pk for device in devices}
    rows_locked(Device.objects.filter(pk__in=ids))
    writable: QuerySet[Device] = Device.objects.filter(pk__in=ids)
    if actor.user is not None:
        writable = restrict(writable, actor.user, Action.WRITE)
    moving = list(writable.select_related("directory"))
    if len(moving) != len(ids):
        raise NotAllowed("You lack the permission to move some of these devices.")
    moving = [device for device in moving if device.directory_id != directory.pk]
    changes: list[tuple[Device, dict[str, Any], dict[str, Any]]] = [
        (
            device,
            {"directory": device.directory.name, "directory_id": device.directory_id},
            {"directory": directory.name, "directory_id": directory.pk},
        )
        for device in moving
    ]
    moved = Device.objects.filter(pk__in=[device.pk for device in moving])
    moved.update(directory=directory)
    for device in moving:
        device.directory = directory
    settings_changed(actor=actor, devices=moved, when=when)
    record_each(actor=actor, action="device.moved", changes=changes)
    publish_on_commit(TreeChanged(), DevicesChanged(tuple(device.pk for device in moving)))
    return moving


@transaction.atomic
def device_delete(*, actor: Actor, device: Device) -> None:
    """Delete a device with its certificates, assignments and history of commands. Raises NotAllowed.

    It is cut off at once, and gets in again only with a first-authentication key.
    """
    require(actor.user, Action.WRITE, device)
    pk = device.pk
    note_devices([pk])
    record(
        actor=actor,
        action="device.deleted",
        target=device,
        before={"unit_id": device.unit_id, "directory": device.directory.name},
    )
    deletion_locked([pk])
    device.delete()
    publish_on_commit(DevicesCutOff((pk,)), TreeChanged(), DevicesChanged((pk,)))


@transaction.atomic
def device_allow_reenrolment(*, actor: Actor, device: Device) -> Device:
    """Let a known device enrol once more within REENROLMENT_WINDOW, after a reset or an exchanged disk."""
    require(actor.user, Action.WRITE, device)
    device.reenrol_until = timezone.now() + REENROLMENT_WINDOW
    device.save(update_fields=["reenrol_until"])
    record(
        actor=actor,
        action="device.reenrolment_allowed",
        target=device,
        after={"until": device.reenrol_until.isoformat()},
    )
    return device


def _check_address(text: str) -> None:
    try:
        if text:
            ip_address(text)
    except ValueError:
        message = "Enter an IP address."
        raise AppError("invalid", message, fields={"ip_address": [message]}) from None


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}
