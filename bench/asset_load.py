"""Devices at which things are plugged in and out: `python -m bench.asset_load PORT EVENTS IDENTITIES FILE`.

All devices of the fleet log in; "in" is printed. After a line comes in each one sends an event in a message of its own,
and the next one when the server has confirmed that one, until all of them together have had EVENTS confirmed or the
server is gone. FILE gets how many each one has had confirmed; the seconds that it took are printed.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import msgspec

from bench.device_load import CONNECTING, Member, hello
from ums.agent.connection import SOCKET_PATH, Connection
from ums.domain.protocol import (
    AssetChange,
    AssetEvents,
    AssetsStored,
    Peripheral,
    TellAssets,
    Welcome,
    decode_server,
    encode,
)

THINGS = 3
"""That belong to a device and come and go in turns."""


class Count:
    """What all devices share."""

    def __init__(self, events: int) -> None:
        self.left = events
        self.over = asyncio.Event()


class Plugger:
    """One device."""

    def __init__(self, member: Member, count: Count) -> None:
        self._member = member
        self._count = count
        self._connection: Connection | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.stored = 0

    def opened(self, connection: Connection) -> None:
        """The server speaks first."""
        self._connection = connection

    def receive(self, frame: bytes) -> None:
        """Say hello, be asked, be confirmed."""
        message = decode_server(frame)
        if isinstance(message, Welcome):
            self._send(encode(hello(self._member, message)))
        elif isinstance(message, TellAssets):
            self.ready.set_result(None)
        elif isinstance(message, AssetsStored):
            self.stored = message.sequence
            self._count.left -= 1
            if self._count.left <= 0:
                self._count.over.set()
            else:
                self.next()

    def next(self) -> None:
        """Something is plugged in, or taken away again."""
        number = self.stored
        thing = number % (2 * THINGS) % THINGS
        kind = "add" if number % (2 * THINGS) < THINGS else "remove"
        serial = f"{self._member.unit_id}-{thing}"
        what = Peripheral(
            bus="usb",
            port=f"1-{thing}",
            vendor_id="0781",
            product_id="5581",
            serial=serial,
            name="Ultra",
            vendor="SanDisk",
            classes=["00:00:00", "08:06:50"],
            details={"maxPower": "224mA", "speed": "5000", "revision": "1.00"},
        )
        event = AssetChange(number + 1, kind, time.time(), what)
        self._send(encode(AssetEvents(self._member.unit_id, number + 1, [event])))

    def lost(self, code: int, reason: str, retry_after: float) -> None:
        """The server is gone."""
        if not self.ready.done():
            self.ready.set_exception(RuntimeError(f"{code} {reason}"))
        self._count.over.set()

    def _send(self, frame: bytes) -> None:
        assert self._connection is not None
        self._connection.send(frame)


async def run(port: int, events: int, members: list[Member], path: Path) -> None:
    """Connect, plug, tell."""
    loop = asyncio.get_running_loop()
    limit, count = asyncio.Semaphore(CONNECTING), Count(events)
    pluggers = [Plugger(member, count) for member in members]

    async def join(plugger: Plugger) -> None:
        async with limit:
            url = f"ws://127.0.0.1:{port}{SOCKET_PATH}"
            await loop.create_connection(lambda: Connection(url, plugger), "127.0.0.1", port)
            await plugger.ready

    await asyncio.gather(*map(join, pluggers))
    print("in", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    start = time.monotonic()
    for plugger in pluggers:
        plugger.next()
    await count.over.wait()
    seconds = time.monotonic() - start
    await asyncio.sleep(0.2)  # what the server sent before its end is read
    stored = {member.unit_id: plugger.stored for member, plugger in zip(members, pluggers, strict=True)}
    path.write_bytes(msgspec.json.encode(stored))
    print(f"{seconds:.3f}", flush=True)


def main() -> None:
    """Read the fleet, and run."""
    port, events, identities, path = sys.argv[1:]
    members = msgspec.msgpack.decode(Path(identities).read_bytes(), type=list[Member])
    asyncio.run(run(int(port), int(events), members, Path(path)))


if __name__ == "__main__":
    main()
