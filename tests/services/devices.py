"""Simulated devices in a thread of this process: a test sees what each of them has and has done."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import uvloop

from tests.services.process import wait_until
from ums.agent.fleet import Fleet, SimulatedDevice

T = TypeVar("T")


class Devices:
    """`with Devices(…) as devices:` has them all connected, as many through each of the `ways`."""

    def __init__(self, ways: Sequence[str], authority: Path, key: str, count: int, state: Path) -> None:
        """`ways`: URLs of load balancers or servers; `authority`: what the devices trust."""
        self.count = count
        state.mkdir(mode=0o700)
        context = ssl.create_default_context(cafile=authority)
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="devices", daemon=True)
        self.fleets = [
            Fleet(way, key, count // len(ways), seed, state=state, context=context) for seed, way in enumerate(ways, 1)
        ]

    @property
    def all(self) -> list[SimulatedDevice]:
        """Each device."""
        return [device for fleet in self.fleets for device in fleet.devices]

    @property
    def connected(self) -> int:
        """How many are logged in."""
        return sum(device.session is not None for device in self.all)

    @property
    def executed(self) -> int:
        """Commands that were carried out, each as often as that happened."""
        return sum(fleet.figures.commands for fleet in self.fleets)

    def wait_connected(self, seconds: float) -> None:
        """Until all are logged in. Raises TimeoutError."""
        wait_until(lambda: self.connected == self.count, seconds, f"all of {self.count} devices connected", 0.05)

    def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do something in the devices' event loop."""
        return asyncio.run_coroutine_threadsafe(work(), self._loop).result()

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            for fleet in self.fleets:
                self.run(fleet.start)
            self.wait_connected(60 + self.count / 10)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Disconnect them all."""
        for fleet in self.fleets:
            self.run(fleet.stop)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
