"""What this process knows of its devices' connections, written to the database every second in one go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.conf import settings

from ha.clock import shared_now
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
        self._here[link.device_id] = Contact(link.device_id, True, link.since, shared_now(), flipped=True)
        link.noted = link.heard

    def alive(self, link: Link) -> None:
        """A connected device said something."""
        link.noted = link.heard
        before = self._here.get(link.device_id)
        flipped = before is not None and before.flipped
        self._here[link.device_id] = Contact(link.device_id, True, link.since, shared_now(), flipped)

    def left(self, link: Link) -> None:
        """A connection ended."""
        self._gone[link.device_id] = Contact(link.device_id, False, link.since, shared_now(), flipped=True)

    async def flush(self) -> None:
        """Write what is new. What cannot be written now is kept, unless something newer came: until the database
        answers, or until a process that was given up has a new name. Raises what it met."""
        if not self._here and not self._gone:
            return
        here, gone = self._here, self._gone
        self._here, self._gone = {}, {}
        written = False
        try:
            written = await self._database.run(self._write, [*here.values(), *gone.values()])
        finally:
            if not written:
                self._keep(here, gone)

    def _keep(self, here: dict[int, Contact], gone: dict[int, Contact]) -> None:
        for device_id, newer in self._here.items():
            unwritten = here.get(device_id)
            # An arrival that is not written yet stays one: nobody has heard of it.
            flipped = newer.flipped or (unwritten is not None and unwritten.flipped)
            here[device_id] = replace(newer, flipped=flipped)
            gone.pop(device_id, None)
        gone.update(self._gone)
        self._here, self._gone = here, gone

    def _write(self, contacts: list[Contact]) -> bool:
        return presence_write(server=self._server, contacts=contacts, fenced=settings.UMS_NODE is not None)
