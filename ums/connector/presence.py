"""What this process knows of its devices' connections, written to the database every second in one go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils import timezone

from ums.devices.services import Contact, presence_write

if TYPE_CHECKING:
    from ums.connector.batching import Database
    from ums.connector.link import Link

REPEAT = 15.0
"""Seconds after which another message of the same device is a contact worth writing."""


class PresenceBuffer:
    """Contacts since the last flush; only the latest of each device counts.

    Of a device that came and went within one flush both are written: the row may name a process that is gone.
    """

    def __init__(self, database: Database, server: str) -> None:
        self._database = database
        self._server = server
        self._here: dict[int, Contact] = {}
        self._gone: dict[int, Contact] = {}

    def reborn(self, server: str) -> None:
        """The process has a new name."""
        self._server = server

    def arrived(self, link: Link) -> None:
        """A device connected."""
        self._gone.pop(link.device_id, None)
        self._here[link.device_id] = Contact(link.device_id, True, link.since, timezone.now(), flipped=True)
        link.noted = link.heard

    def alive(self, link: Link) -> None:
        """A connected device said something."""
        link.noted = link.heard
        before = self._here.get(link.device_id)
        flipped = before is not None and before.flipped
        self._here[link.device_id] = Contact(link.device_id, True, link.since, timezone.now(), flipped)

    def left(self, link: Link) -> None:
        """A connection ended."""
        self._gone[link.device_id] = Contact(link.device_id, False, link.since, timezone.now(), flipped=True)

    async def flush(self) -> None:
        """Write what is new. What cannot be written now is kept, unless something newer came. Raises what it met."""
        if not self._here and not self._gone:
            return
        here, gone = self._here, self._gone
        self._here, self._gone = {}, {}
        try:
            await self._database.run(self._write, [*here.values(), *gone.values()])
        except BaseException:
            for device_id, newer in self._here.items():
                unwritten = here.get(device_id)
                # An arrival that is not written yet stays one, or its row would go on naming another process.
                flipped = newer.flipped or (unwritten is not None and unwritten.flipped)
                here[device_id] = replace(newer, flipped=flipped)
                gone.pop(device_id, None)
            gone.update(self._gone)
            self._here, self._gone = here, gone
            raise

    def _write(self, contacts: list[Contact]) -> None:
        presence_write(server=self._server, contacts=contacts)
