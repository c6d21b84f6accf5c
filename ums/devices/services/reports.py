"""What devices report, written in batches by the connector. Not audited: devices report all the time, and the
audit log is about what people change; the state of each report stands in its own row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone

from ums.devices.models import Device, LocalSettings, NetworkAdapter, SettingsState
from ums.devices.services.deliveries import deliveries_reported
from ums.devices.services.locks import rows_locked
from ums.devices.services.settings import next_seq, own_facts_changed
from ums.domain.parameters import Adapter, static_keys
from ums.live.messages import DevicesChanged
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Any

    from ums.domain.parameters import Value as ParameterValue
    from ums.domain.protocol import Inventory


@dataclass(frozen=True, slots=True)
class Applied:
    """A device reported that it applied settings, or why not."""

    device_id: int
    seq: int
    tag: str
    error: str = ""


@transaction.atomic
def settings_applied(*, reports: Collection[Applied]) -> None:
    """Devices have the settings `seq`: applied just now, or found unchanged. Later changes keep a row pending."""
    now = timezone.now()
    latest = {report.device_id: report for report in reports}
    rows_locked(SettingsState.objects.filter(pk__in=latest))
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


@transaction.atomic
def boots_write(*, boot_ids: Mapping[int, str]) -> None:
    """Remember from which boot devices said hello: a deferred change goes out at the first hello of another one."""
    rows_locked(SettingsState.objects.filter(pk__in=boot_ids))
    states = [SettingsState(device_id=device_id, boot_id=boot_id) for device_id, boot_id in boot_ids.items()]
    SettingsState.objects.bulk_update(states, ["boot_id"], batch_size=200)
    SettingsState.objects.filter(pk__in=boot_ids.keys(), deferred=True).update(deferred=False)


@transaction.atomic(savepoint=False)
def last_users_write(*, users: Mapping[int, str]) -> None:
    """Remember who logged in last, by device."""
    rows_locked(Device.objects.filter(pk__in=users))
    devices = [Device(pk=device_id, last_user=user[:256]) for device_id, user in users.items()]
    Device.objects.bulk_update(devices, ["last_user"], batch_size=200)
    publish_on_commit(DevicesChanged(tuple(sorted(users))))


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
