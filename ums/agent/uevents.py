"""The kernel's word that hardware came or went: netlink messages, the source of udev's own events.

They are taken as a hint to look, not as facts: what is plugged in stands in sysfs. So nothing depends on their order,
one that gets lost costs seconds, and neither a library nor a running udev is needed.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

NETLINK_KOBJECT_UEVENT = 15
KERNEL = 1
"""The group of netlink in which the kernel speaks."""

SUBSYSTEMS = (b"SUBSYSTEM=usb\0", b"SUBSYSTEM=input\0", b"SUBSYSTEM=drm\0", b"SUBSYSTEM=bluetooth\0")

SETTLED = 0.5
"""Seconds of silence after which a device and all its interfaces are there."""

LONGEST = 3.0
"""Seconds after which a look is due though it goes on and on."""


class Uevents:
    """Waits for news. Use as an asynchronous context."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._news = asyncio.Event()

    @property
    def heard(self) -> bool:
        """Whether the kernel can be heard at all: in some containers it cannot."""
        return self._socket is not None

    async def __aenter__(self) -> Uevents:
        listening: socket.socket | None = None
        try:
            listening = socket.socket(
                socket.AF_NETLINK, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT
            )
            listening.bind((0, KERNEL))
            asyncio.get_running_loop().add_reader(listening, self._read)
        except OSError:
            if listening is not None:
                listening.close()
            return self
        self._socket = listening
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()

    async def wait(self, seconds: float) -> None:
        """Returns when something came or went and it has settled, at the latest after so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        if not self._news.is_set():
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST):
                while self._news.is_set():
                    self._news.clear()
                    await asyncio.sleep(SETTLED)
        self._news.clear()

    def _read(self) -> None:
        assert self._socket is not None
        while True:
            try:
                message = self._socket.recv(65536)
            except BlockingIOError:
                return
            except OSError:
                self._news.set()  # the buffer ran over: something was missed
                return
            if concerns(message):
                self._news.set()


def concerns(message: bytes) -> bool:
    """Whether a message of the kernel tells of peripherals: `add@/devices/…`, then `NAME=value`, each with a NUL."""
    return any(subsystem in message for subsystem in SUBSYSTEMS)
