"""What a server process does for the devices that are connected to it.

1. A table of links by device. One device, two connections: the newer wins.
2. Batchers for the database work of logins, asks and reports (`work.py`).
3. An inbox for the nudges of other processes: settings changed, commands queued, devices cut off, contents changed.
4. Regular work that repairs what got lost: the sweep (settings and commands that wait), silent connections, presence
   of processes that died, void certificates, expired commands.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import structlog
from channels.layers import get_channel_layer
from django.conf import settings

from ums.connector import metrics, told, work
from ums.connector.batching import Batcher, Database
from ums.connector.presence import REPEAT, PresenceBuffer
from ums.connector.users import Users
from ums.devices.services import presence_lost, presence_regained
from ums.domain.presence import LOST_AFTER
from ums.domain.protocol import Nudge, Reconnect, TellAssets, encode
from ums.files.store import synchroniser
from ums.jobs.services import commands_expire
from ums.live.messages import SERVERS, CommandsQueued, ContentsChanged, DevicesCutOff, SettingsChanged

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from ums.assets.services import AssetReport
    from ums.connector.link import Link

log = structlog.get_logger("ums.connector")

SWEEP_EVERY = 5.0
NUDGE_AGAIN = 30.0
"""Seconds until a device that does not react to a nudge gets another one for the same change."""

PACE, PAUSE = 250, 0.05
"""Nudges sent at once, and the pause after them: 1,000 devices get theirs within 0.2 s, 10,000 within 2 s."""

MAX_WAITING = 10_000
"""Connections that have not said hello yet."""

ASSET_LANES = 2
"""Batches of asset reports that are worked on at once: while the database writes one, the next one is put together."""

INBOX_AGAIN = 3600.0
"""Channel layers forget members of a group after a day."""

_NUDGE = encode(Nudge())


class Runtime:
    """All of it for one process; lives from `start()` to `stop()`."""

    def __init__(self) -> None:
        self.server: str = settings.UMS_PROCESS_ID
        self.links: dict[int, Link] = {}
        self.waiting: set[Link] = set()
        self.accepting = True
        self.database = Database()
        self.presence = PresenceBuffer(self.database, self.server)
        self.logins = Batcher(self.database, work.log_in)
        self.asks = Batcher(self.database, work.answer_asks)
        self.applied = Batcher(self.database, work.store_applied, wait=0.02)
        self.inventories = Batcher(self.database, work.store_inventories, wait=0.02, most=50)
        self.local_settings = Batcher(self.database, work.store_local_settings, wait=0.02, most=50)
        self.results = Batcher(self.database, work.store_results, wait=0.02)
        self._assets = [Batcher(self.database, work.store_assets, wait=0.02) for _ in range(ASSET_LANES)]
        self._assets_wanted: bool | None = None
        self.users = Users(self.database, self.asks)
        self._settings_changed = asyncio.Event()
        self._commands_queued = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    # ------------------------------------------------------------ links

    def joined(self, link: Link) -> None:
        """A device has proved who it is. An older connection of it is ended."""
        older = self.links.get(link.device_id)
        self.links[link.device_id] = link
        self.presence.arrived(link)
        if older is not None:
            older.end("replaced")
        else:
            metrics.CONNECTIONS.inc()

    def left(self, link: Link) -> None:
        """A connection ended."""
        if self.links.get(link.device_id) is link:
            del self.links[link.device_id]
            self.presence.left(link)
            metrics.CONNECTIONS.dec()

    def contact(self, link: Link, now: float) -> None:
        """A connected device said something."""
        if now - link.noted >= REPEAT and self.links.get(link.device_id) is link:
            self.presence.alive(link)

    def assets(self, device_id: int) -> Batcher[AssetReport, bool]:
        """Where reports of a device are stored: always the same, so that their order holds."""
        return self._assets[device_id % len(self._assets)]

    def nudge(self, link: Link, seq: int, now: float) -> bool:
        """Tell a device that settings wait, unless it has been told just now. Whether it was told."""
        if link.nudged_seq == seq and now - link.nudged_at < NUDGE_AGAIN:
            return False
        link.nudged_seq, link.nudged_at = seq, now
        link.push(_NUDGE)
        return True

    # ------------------------------------------------------------ start and stop

    async def start(self) -> None:
        """Start the regular work."""
        create = asyncio.get_running_loop().create_task
        self._tasks = [
            create(self._inbox()),
            create(self._on(self._settings_changed, self.sweep_settings)),
            create(self._on(self._commands_queued, self.sweep_commands)),
            create(self._every(1.0, self.presence.flush)),
            create(self._every(SWEEP_EVERY, self._sweep)),
            create(self._every(10.0, self.end_silent)),
            create(self._every(10.0, self._presence_lost)),
            create(self._every(30.0, self.verify)),
            create(self._every(60.0, self._commands_expire)),
        ]

    async def stop(self, drain: bool) -> None:
        """Accept nobody any more, end what is held, write what is known. `drain`: devices are asked to come back."""
        self.accepting = False
        if drain and self.links:
            frame = encode(Reconnect(within=max(5.0, len(self.links) / 200)))
            for link in list(self.links.values()):
                link.push(frame)
            await self._wait_empty(3.0)
        for link in [*self.waiting, *self.links.values()]:
            link.end("restart")
        await self._wait_empty(2.0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(4.0):
                await self.users.stop(2.0)
                for batcher in (self.applied, self.inventories, self.local_settings, self.results):
                    await batcher.drained()
                for lane in self._assets:
                    await lane.drained()
                await self.presence.flush()
                await self.database.run(_lose, self.server)
        except Exception:
            log.warning("stopped_unwritten", exc_info=True)
        await asyncio.get_running_loop().run_in_executor(None, self.database.close)

    async def _wait_empty(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (self.links or self.waiting) and time.monotonic() < end:
            await asyncio.sleep(0.02)

    async def reborn(self, life: str) -> None:
        """This process had been given up and has a new name now: it claims again what nobody else has taken."""
        self.server = life
        self.presence.reborn(life)
        await self._guarded(lambda: self.database.run(_regain, life, list(self.links)))
        await self._guarded(self.verify)
        self.look()

    def look(self) -> None:
        """Messages may have been missed: look soon after everything that waits for devices here."""
        self._settings_changed.set()
        self._commands_queued.set()
        synchroniser.told()

    # ------------------------------------------------------------ the inbox

    async def _inbox(self) -> None:
        layer = get_channel_layer()
        while True:
            try:
                channel = await layer.new_channel()
                await layer.group_add(SERVERS, channel)
                # What was sent while nobody listened is found by looking.
                self.look()
                end = time.monotonic() + INBOX_AGAIN
                while (left := end - time.monotonic()) > 0:
                    try:
                        async with asyncio.timeout(left):
                            event = await layer.receive(channel)
                    except TimeoutError:
                        break
                    self._received(event["message"])
                await layer.group_discard(SERVERS, channel)
            except Exception:
                log.warning("inbox_lost", exc_info=True)
                await asyncio.sleep(1.0)

    def _received(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == SettingsChanged.kind:
            self._settings_changed.set()
        elif kind == CommandsQueued.kind:
            self._commands_queued.set()
        elif kind == ContentsChanged.kind:
            synchroniser.told(gone=message["gone"], again=message["again"])
        elif kind == DevicesCutOff.kind:
            links = [link for pk in message["ids"] if (link := self.links.get(pk))]
            if links:
                task = asyncio.get_running_loop().create_task(self._guarded(lambda: self.verify(links)))
                self._tasks.append(task)
                task.add_done_callback(self._tasks.remove)

    # ------------------------------------------------------------ the sweep

    async def _sweep(self) -> None:
        self.look_for_settings()
        self._commands_queued.set()
        await self.sweep_assets()

    def look_for_settings(self) -> None:
        """Sweep soon: settings of devices here may wait."""
        self._settings_changed.set()

    async def sweep_settings(self) -> None:
        """Nudge the devices here whose settings wait."""
        if not self.links:
            return
        pending = await self.database.run(work.pending_of, list(self.links))
        sent = 0
        for device_id, seq in pending:
            link = self.links.get(device_id)
            if link is not None and self.nudge(link, seq, time.monotonic()):
                sent += 1
                if sent % PACE == 0:
                    await asyncio.sleep(PAUSE)

    async def sweep_commands(self) -> None:
        """Send what waits for the devices here."""
        if not self.links:
            return
        for device_id, frame in await self.database.run(work.claim_commands, list(self.links)):
            link = self.links.get(device_id)
            if link is not None:
                link.push(frame)

    async def sweep_assets(self) -> None:
        """Tell the devices here when peripherals are recorded from now on, or are not any more."""
        before, self._assets_wanted = self._assets_wanted, await self.database.run(told.assets.get)
        if before in (None, self._assets_wanted):
            return
        frame = encode(TellAssets(self._assets_wanted))
        for number, link in enumerate(list(self.links.values()), 1):
            link.push(frame)
            if number % PACE == 0:
                await asyncio.sleep(PAUSE)

    # ------------------------------------------------------------ who may stay

    async def end_silent(self) -> None:
        """End connections from which nothing has come for LOST_AFTER."""
        limit = time.monotonic() - LOST_AFTER.total_seconds()
        for link in list(self.links.values()):
            if link.heard < limit:
                link.end("silent")

    async def verify(self, links: Iterable[Link] | None = None) -> None:
        """End connections whose certificate has become void, or whose device is connected elsewhere by now."""
        held = [
            work.Held(link.device_id, link.certificate_id, link.since)
            for link in (self.links.values() if links is None else links)
        ]
        if not held:
            return
        for device_id, reason in await self.database.run(work.no_longer_good, held, self.server):
            link = self.links.get(device_id)
            if link is not None:
                link.end(reason)

    async def _presence_lost(self) -> None:
        await self.database.run(_lose, None)

    async def _commands_expire(self) -> None:
        await self.database.run(commands_expire)

    # ------------------------------------------------------------ work again and again

    async def _every(self, seconds: float, job: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self._guarded(job)

    async def _on(self, event: asyncio.Event, job: Callable[[], Awaitable[None]]) -> None:
        """Work when told; what is told meanwhile is done in one go afterwards."""
        while True:
            await event.wait()
            event.clear()
            await self._guarded(job)
            await asyncio.sleep(0.02)

    async def _guarded(self, job: Callable[[], Awaitable[None]]) -> None:
        """A failure is told; the next round tries again."""
        try:
            await job()
        except Exception:
            log.warning("device_upkeep_failed", job=getattr(job, "__qualname__", ""), exc_info=True)


def _lose(server: str | None) -> None:
    presence_lost(server=server)


def _regain(server: str, device_ids: list[int]) -> None:
    presence_regained(server=server, device_ids=device_ids)


_runtime: Runtime | None = None


def current() -> Runtime | None:
    """The runtime of this process; None before `start` and after `stop`."""
    return _runtime


async def start() -> None:
    """Start to serve devices in this process (ASGI lifespan). The channel layer must be usable in this loop."""
    global _runtime
    runtime = Runtime()
    await runtime.start()
    _runtime = runtime


async def stop(drain: bool) -> None:
    """Stop to serve devices, within 10 s. `drain`: tell devices to reconnect. Doing it twice does nothing.

    To be called before the web server closes its connections: after that, nobody can be told anything.
    """
    global _runtime
    runtime, _runtime = _runtime, None
    if runtime is not None:
        await runtime.stop(drain)
