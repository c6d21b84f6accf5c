"""What is known of connections survives a database that does not answer for a while."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from ums.connector.presence import PresenceBuffer
from ums.devices.services import Contact


class Database:
    """Fails once, while the device says something."""

    def __init__(self) -> None:
        self.buffer: Any = None
        self.link: Any = None
        self.written: list[Contact] = []
        self.down = True

    async def run(self, work: Any, contacts: list[Contact]) -> bool:
        if self.down:
            self.buffer.alive(self.link)
            raise OSError("no database")
        self.written += contacts
        return True


def test_an_arrival_that_could_not_be_written_stays_one() -> None:
    database = Database()
    link = database.link = SimpleNamespace(device_id=7, since=timezone.now(), heard=0.0, noted=0.0)
    buffer = database.buffer = PresenceBuffer(database, "me")  # type: ignore[arg-type]
    buffer.arrived(link)  # type: ignore[arg-type]
    with pytest.raises(OSError, match="no database"):
        asyncio.run(buffer.flush())
    database.down = False
    asyncio.run(buffer.flush())
    assert [(one.connected, one.flipped) for one in database.written] == [(True, True)]
