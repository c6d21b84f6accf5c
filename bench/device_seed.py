"""Fills the database of UMS_DATABASE_URL with devices that are up to date: `python -m bench.device_seed COUNT FILE`.

FILE gets their identities. The devices lie in directories three deep; all of them were here before, so that a login
finds nothing new: the morning after a restart of the server.
"""

from __future__ import annotations

import secrets
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import django
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.core.management import call_command
from django.utils import timezone

from bench.device_load import Member

if TYPE_CHECKING:
    from ums.devices.models import Directory

FIRMWARE = ("UMS Linux", "1.0.0")
AGENT = "1.0"
BOOT = "boot-1"
DIRECTORIES = 20


def main() -> None:
    """Migrate and fill."""
    django.setup()
    from ums.connector.models import Certificate
    from ums.core.actor import SYSTEM
    from ums.devices.models import Device, Presence, SettingsState
    from ums.effective.selectors import settings_for_devices
    from ums.profiles.services import builtin_catalogues_store

    count, path = int(sys.argv[1]), Path(sys.argv[2])
    call_command("migrate", verbosity=0)
    builtin_catalogues_store(actor=SYSTEM)
    now = timezone.now()
    keys = {f"TC{number:06}": ec.generate_private_key(ec.SECP256R1()) for number in range(count)}
    devices = [
        Device(
            unit_id=unit_id,
            name=unit_id,
            directory=directory,
            firmware=FIRMWARE[0],
            firmware_version=FIRMWARE[1],
            agent_version=AGENT,
            ip_address="127.0.0.1",
            inventory_at=now,
        )
        for unit_id, directory in zip(keys, _directories() * count, strict=False)
    ]
    Device.objects.bulk_create(devices, batch_size=1000)
    Presence.objects.bulk_create([Presence(device=device) for device in devices], batch_size=1000)
    SettingsState.objects.bulk_create([SettingsState(device=device) for device in devices], batch_size=1000)
    tags = {pk: found.result.tag for pk, found in settings_for_devices(device_ids=[d.pk for d in devices]).items()}
    SettingsState.objects.update(pending=False, applied_seq=1, boot_id=BOOT, applied_tag=tags[devices[0].pk])
    members = []
    certificates = []
    for device in devices:
        key, fingerprint = keys[device.unit_id], secrets.token_hex(32)
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        certificates.append(
            Certificate(
                device=device,
                fingerprint=fingerprint,
                serial_number="1",
                public_key=public,
                certificate=public,
                not_after=now + timedelta(days=365),
            )
        )
        private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        members.append(Member(device.unit_id, private, fingerprint, tags[device.pk], *FIRMWARE, AGENT, BOOT))
    Certificate.objects.bulk_create(certificates, batch_size=1000)
    path.write_bytes(msgspec.msgpack.encode(members))


def _directories() -> list[Directory]:
    from ums.devices.models import Directory
    from ums.devices.selectors import directory_root

    top = Directory.objects.create(parent=directory_root(), name="Site")
    return [
        Directory.objects.create(parent=Directory.objects.create(parent=top, name=f"Floor {n}"), name=f"Room {n}")
        for n in range(DIRECTORIES)
    ]


if __name__ == "__main__":
    main()
