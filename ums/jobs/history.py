"""What a device was told, for its history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from ums.devices.history import Entry
from ums.jobs.selectors import command_for_device
from ums.jobs.shown import ICONS, STATUS

if TYPE_CHECKING:
    from datetime import datetime

    from ums.devices.models import Device


def command_entries(device: Device, before: datetime | None, limit: int) -> list[Entry]:
    """The source of commands for `ums.devices.history`."""
    commands = command_for_device(device=device).order_by("-created_at", "-pk")
    if before is not None:
        commands = commands.filter(created_at__lt=before)
    return [
        Entry(
            time=command.created_at,
            who=command.batch.author_name,
            what=command.get_kind_display(),
            icon=ICONS[command.kind],
            detail=command.text or str(command.batch.arguments.get("text", "")),
            status=STATUS[command.state],
            url=reverse("jobs:batch_detail", args=[command.batch_id]),
        )
        for command in commands[:limit]
    ]
