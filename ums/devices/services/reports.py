"""What devices report, written in batches by the connector. Not audited: devices report all the time, and the
audit log is about what people change; the state of each report stands in its own row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone

from ums.devices.models import Device, LocalSettings, NetworkAdapter, Presence, SettingsState
from ums.devices.services.deliveries import deliveries_reported
from ums.devices.services.settings import next_seq, own_facts_changed, states_locked
from ums.domain.parameters import Adapter, static_keys
from ums.domain.presence import LOST_AFTER
from ums.live.messages import DevicesChanged
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from ums.domain.parameters import Value as ParameterValue
    from ums.domain.protocol import Inventory


@dataclass(frozen=True, slots=True)
class Contact:
    """The latest that a server knows of a device's connection."""

    device_id: int
    connected: bool
    connected_at: datetime | None
    last_contact: datetime
    flipped: bool
    """Whether `connected` changed: browsers hear of it."""


@dataclass(frozen=True, slots=True)
class Applied:
    """A device reported that it applied settings, or why not."""

    device_id: int
    seq: int
    tag: str
    error: str = ""


@transaction.atomic
def presence_write(*, server: str, contacts: Collection[Contact]) -> None:
    """Store what one server process knows, in few statements.

    A process that lost a device to another one does not overwrite its presence: a row is written when it names this
    process, when nobody is connected, or when the contact is a new connection.
    """
    arrived = [c for c in contacts if c.connected and c.flipped]
    alive = [c for c in contacts if c.connected and not c.flipped]
    gone = [c for c in contacts if not c.connected]
    if arrived:
        known = set(Presence.objects.filter(pk__in=[c.device_id for c in arrived]).values_list("pk", flat=True))
        Presence.objects.bulk_create(
            [
                Presence(
                    device_id=c.device_id,
                    connected=True,
                    server=server,
                    connected_at=c.connected_at,
                    last_contact=c.last_contact,
                )
                for c in arrived
                if c.device_id in known
            ],
            batch_size=1000,
            update_conflicts=True,
            unique_fields=["device"],
            update_fields=["connected", "server", "connected_at", "last_contact"],
        )
    for contacts_of, connected in ((alive, True), (gone, False)):
        for group in _by_time(contacts_of):
            Presence.objects.filter(device_id__in=[c.device_id for c in group], server=server).update(
                connected=connected, last_contact=group[-1].last_contact
            )
    if flipped := tuple(c.device_id for c in contacts if c.flipped):
        publish_on_commit(DevicesChanged(flipped))


def _by_time(contacts: Sequence[Contact]) -> list[list[Contact]]:
    """Contacts of one flush lie within a second or two: one statement for each 1,000, with the latest time."""
    ordered = sorted(contacts, key=lambda contact: contact.last_contact)
    return [ordered[start : start + 1000] for start in range(0, len(ordered), 1000)]


@transaction.atomic
def presence_lost(*, server: str | None = None) -> int:
    """Rows that claim a connection which nobody has kept alive are put right. Returns how many.

    Those without contact for LOST_AFTER, and those of `server`, a process that has just started or is stopping.
    """
    claims = Presence.objects.filter(connected=True)
    if server is None:
        claims = claims.filter(last_contact__lt=timezone.now() - LOST_AFTER)
    else:
        claims = claims.filter(server=server)
    ids = tuple(claims.values_list("pk", flat=True))
    for start in range(0, len(ids), 1000):
        part = ids[start : start + 1000]
        # With the condition again: a device may have come to another server between the two statements.
        claims.filter(pk__in=part).update(connected=False)
        publish_on_commit(DevicesChanged(part))
    return len(ids)


@transaction.atomic
def presence_regained(*, server: str, device_ids: Collection[int]) -> None:
    """Connections of a process that had been given up and is back: those that no other process has taken over."""
    for start in range(0, len(ids := sorted(device_ids)), 1000):
        free = Presence.objects.filter(device_id__in=ids[start : start + 1000], connected=False)
        regained = tuple(free.values_list("pk", flat=True))
        Presence.objects.filter(pk__in=regained, connected=False).update(
            connected=True, server=server, last_contact=timezone.now()
        )
        publish_on_commit(DevicesChanged(regained))


@transaction.atomic
def settings_applied(*, reports: Collection[Applied]) -> None:
    """Devices have the settings `seq`: applied just now, or found unchanged. Later changes keep a row pending."""
    now = timezone.now()
    latest = {report.device_id: report for report in reports}
    states_locked(SettingsState.objects.filter(pk__in=latest))
    for group in _groups(list(latest.values())):
        ids = [report.device_id for report in group]
        seq, tag, error = group[0].seq, group[0].tag, group[0].error
        reached = SettingsState.objects.filter(device_id__in=ids, seq__gte=seq, applied_seq__lte=seq)
        reached.update(
            applied_seq=seq,
            applied_tag=tag,
            applied_at=now,
            error=error,
            pending=Case(When(seq__gt=seq, then=Value(True)), default=Value(False)),
            deferred=Case(When(seq__gt=seq, then=F("deferred")), default=Value(False)),
        )
        deliveries_reported(device_ids=ids, seq=seq, tag=tag, error=error, now=now)
    publish_on_commit(DevicesChanged(tuple(latest)))


def _groups(reports: Sequence[Applied]) -> list[list[Applied]]:
    """Reports that say the same, so that one statement stores them: a thousand devices of one directory."""
    groups: dict[tuple[int, str, str], list[Applied]] = {}
    for report in reports:
        groups.setdefault((report.seq, report.tag, report.error), []).append(report)
    return list(groups.values())


def boots_write(*, boot_ids: Mapping[int, str]) -> None:
    """Remember from which boot devices said hello: a deferred change goes out at the first hello of another one."""
    states = [SettingsState(device_id=device_id, boot_id=boot_id) for device_id, boot_id in boot_ids.items()]
    SettingsState.objects.bulk_update(states, ["boot_id"], batch_size=200)
    SettingsState.objects.filter(pk__in=boot_ids.keys(), deferred=True).update(deferred=False)


FACTS = (
    "vendor",
    "product",
    "bios",
    "cpu",
    "cores",
    "memory_mb",
    "storage_mb",
    "os_name",
    "os_version",
    "kernel",
    "structure_tag",
    "extra",
)


@transaction.atomic
def inventory_write(
    *, device_id: int, inventory: Inventory, firmware: str, firmware_version: str, agent_version: str, address: str
) -> None:
    """Store what a device is, and mark it when static template keys have other values on it now.

    Its serial number is kept when it reports none: an administrator may have written it.
    """
    device = Device.objects.get(pk=device_id)
    before = _static_keys(device)
    for name in FACTS:
        setattr(device, name, getattr(inventory, name))
    device.network_name = inventory.hostname
    device.serial_number = inventory.serial_number or device.serial_number
    device.firmware, device.firmware_version, device.agent_version = firmware, firmware_version, agent_version
    device.ip_address, device.inventory_at = address, timezone.now()
    if device.name == device.unit_id and inventory.hostname:
        device.name = inventory.hostname
    device.save(force_update=True)
    NetworkAdapter.objects.filter(device=device).delete()
    NetworkAdapter.objects.bulk_create(
        [NetworkAdapter(device=device, name=a.name, mac=a.mac, addresses=list(a.addresses)) for a in inventory.adapters]
    )
    if _static_keys(device) != before:
        own_facts_changed(device_id=device_id)
    publish_on_commit(DevicesChanged((device_id,)))


def _static_keys(device: Device) -> dict[str, ParameterValue]:
    adapters = NetworkAdapter.objects.filter(device=device).order_by("name", "pk").values_list("mac", "addresses")
    return static_keys(
        name=device.name,
        unit_id=device.unit_id,
        serial_number=device.serial_number,
        network_name=device.network_name,
        ip_address=device.ip_address,
        adapters=[Adapter(mac, addresses) for mac, addresses in adapters],
    )


@transaction.atomic
def local_settings_write(*, device_id: int, content: dict[str, Any]) -> bool:
    """Store the device's own configuration. Returns whether it changed; its settings are then pending anew."""
    row, created = LocalSettings.objects.get_or_create(device_id=device_id, defaults={"content": content})
    if not created:
        if row.content == content:
            return False
        row.content = content
        row.save()
    SettingsState.objects.filter(device_id=device_id).update(seq=next_seq(), pending=True, pending_since=timezone.now())
    publish_on_commit(DevicesChanged((device_id,)))
    return True
