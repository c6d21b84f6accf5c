"""A load generator in its own process: `python -m bench.device_load PORT DEVICES KIND IDENTITIES`.

Connects DEVICES sockets, at most CONNECTING at once, each until it is logged in (`ums`) or has its echo (`echo`);
prints "in" with the seconds that took, and holds them until a line comes in; then closes them all and prints "out".
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.serialization import load_der_private_key

from ums.agent.connection import SOCKET_PATH, Connection
from ums.agent.identity import Identity
from ums.domain.protocol import Hello, Ready, Welcome, decode_server, encode

CONNECTING = 200

ECHOED = bytes(600)
"""As long as a hello with its proof."""


class Member(msgspec.Struct):
    """One device of the fleet, as the benchmark hands it over."""

    unit_id: str
    key: bytes
    fingerprint: str
    tag: str
    firmware: str
    firmware_version: str
    agent_version: str
    boot_id: str


class Visitor:
    """Listens to one connection until it is in."""

    def __init__(self, member: Member | None) -> None:
        self._member = member
        self._connection: Connection | None = None
        self.done: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def opened(self, connection: Connection) -> None:
        """The baseline speaks at once, a device waits for the welcome."""
        self._connection = connection
        if self._member is None:
            connection.send(ECHOED)

    def receive(self, frame: bytes) -> None:
        """The echo, the welcome, or ready."""
        if self._member is None:
            self._end("")
            return
        message = decode_server(frame)
        if isinstance(message, Welcome):
            assert self._connection is not None
            self._connection.send(encode(hello(self._member, message)))
        elif isinstance(message, Ready):
            self._end("" if message.unchanged and not message.inventory else f"not up to date: {message}")

    def lost(self, code: int, reason: str, retry_after: float) -> None:
        """The connection is gone."""
        self._end(f"{code} {reason}")

    def _end(self, error: str) -> None:
        if not self.done.done():
            self.done.set_result(error)


def hello(member: Member, welcome: Welcome) -> Hello:
    """What the device says, with a fresh proof."""
    key = load_der_private_key(member.key, None)
    identity = Identity(key, b"", member.fingerprint)  # type: ignore[arg-type]
    return Hello(
        unit_id=member.unit_id,
        proof=identity.proof(member.unit_id, welcome.time, nonce=welcome.nonce),
        tag=member.tag,
        boot_id=member.boot_id,
        firmware=member.firmware,
        firmware_version=member.firmware_version,
        agent_version=member.agent_version,
    )


async def run(port: int, count: int, members: list[Member]) -> None:
    """Connect, hold, close."""
    loop = asyncio.get_running_loop()
    limit = asyncio.Semaphore(CONNECTING)
    connections: list[Connection] = []

    async def visit(index: int) -> None:
        async with limit:
            visitor = Visitor(members[index] if members else None)
            _, connection = await loop.create_connection(
                lambda: Connection(f"ws://127.0.0.1:{port}{SOCKET_PATH}", visitor), "127.0.0.1", port
            )
            connections.append(connection)
            if error := await visitor.done:
                raise RuntimeError(f"device {index}: {error}")

    start = time.monotonic()
    await asyncio.gather(*(visit(index) for index in range(count)))
    print(f"in {time.monotonic() - start:.3f}", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    for connection in connections:
        connection.close(1000, "")
    await asyncio.sleep(1.0)
    print("out", flush=True)


def main() -> None:
    """Read the fleet, if any, and run."""
    port, count, kind, identities = sys.argv[1:]
    members = msgspec.msgpack.decode(Path(identities).read_bytes(), type=list[Member]) if kind == "ums" else []
    asyncio.run(run(int(port), int(count), members))


if __name__ == "__main__":
    main()
