"""Presence of a device, derived from its last contact: nothing stores "online" (design.md §4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

HEARTBEAT = timedelta(seconds=60)
"""A device without anything else to say reports this often."""

LATE_AFTER = timedelta(seconds=90)
"""A heartbeat was missed."""

LOST_AFTER = timedelta(seconds=180)
"""The connection counts as lost even if nobody saw it close."""


class Status(StrEnum):
    """What the console shows of a device's connection."""

    ONLINE = "online"
    LATE = "late"
    OFFLINE = "offline"
    NEVER = "never"


def status(connected: bool, last_contact: datetime | None, now: datetime) -> Status:
    """Status at the moment now. A contact exactly as old as a threshold is still within it.

    A contact in the future (the clocks of two servers differ) counts as just now. Both moments have a time zone, or
    neither has: else TypeError.
    """
    if last_contact is None:
        return Status.NEVER
    silence = now - last_contact
    if not connected or silence > LOST_AFTER:
        return Status.OFFLINE
    return Status.LATE if silence > LATE_AFTER else Status.ONLINE
