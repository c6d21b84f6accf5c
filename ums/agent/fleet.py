"""Many simulated devices in one process, each with an identity of its own, over the real protocol."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import resource
import ssl
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import msgspec
from cryptography.hazmat.primitives import serialization

from ums.domain.protocol import (
    Applied,
    Close,
    Command,
    CommandKind,
    CommandResult,
    DeviceMessage,
    Hello,
    Login,
    LoginResult,
    Peripheral,
    Ready,
    Settings,
    Welcome,
)

from . import AGENT_VERSION, FIRMWARE, models
from .asset_book import AssetBook
from .backoff import Backoff
from .est import Anchors, EstClient, EstError
from .fleet_files import FleetFiles, files_named
from .identity import Identity, utc_now
from .journal import Journal
from .link import Link, LinkedDevice, Servers
from .measure import Figures
from .session import Ended
from .storage import write_atomic
from .users import new_id

APPLY_DELAY = (0.02, 0.2)
"""Seconds that a simulated device takes to apply settings, uniform."""

REBOOT = (2.0, 6.0)
"""Seconds until a device is back after a reboot or reset, uniform."""

SWITCHED_OFF = 300.0
"""Seconds after which somebody switches on a device that was shut down."""

ENROLMENTS = 10
"""Enrolments at the same time."""

FAULT = "Simulated fault."


class FleetError(Exception):
    """The fleet cannot run."""


class Record(msgspec.Struct):
    """One device in the identity file. Later lines replace earlier ones of the same unit id."""

    unit_id: str
    key: bytes
    certificate: bytes = b""
    tag: str = ""
    seq: int = 0

    def identity(self) -> Identity:
        """The identity; raises ValueError when the line is damaged."""
        key = serialization.load_der_private_key(self.key, None)
        fingerprint = hashlib.sha256(self.certificate).hexdigest() if self.certificate else ""
        return Identity(key, self.certificate, fingerprint)  # type: ignore[arg-type]


class SimulatedDevice(LinkedDevice):
    """One device of a fleet."""

    __slots__ = (
        "_applying",
        "_boot_id",
        "_files",
        "_fleet",
        "_refused",
        "_tag",
        "identity",
        "index",
        "seq",
        "servers",
        "task",
        "unit_id",
        "was_ready",
    )

    def __init__(self, fleet: Fleet, index: int, identity: Identity, tag: str, seq: int) -> None:
        super().__init__(Journal(), AssetBook("", present=models.plugged_in(fleet.seed, index)))
        self._fleet = fleet
        self._tag = tag
        self._boot_id = str(uuid.uuid4())
        self._refused = False
        self._files: set[str] = set()  # SHA-256 of what was verified, as if it lay at its place
        self._applying: asyncio.Task[None] | None = None
        self.index = index
        self.servers = Servers(fleet.server)
        self.unit_id = models.unit_id(fleet.seed, index)
        self.identity = identity
        self.seq = seq
        self.was_ready = False
        self.task: asyncio.Task[None] | None = None

    def record(self) -> Record:
        """What the identity file keeps."""
        key = self.identity.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return Record(self.unit_id, key, self.identity.certificate, self._tag, self.seq)

    # ------------------------------------------------------------ what the link asks

    async def prepare(self, server: str) -> None:
        refused, self._refused = self._refused, False
        if not self.identity.certificate or (refused and self._fleet.key):
            self.identity = await self._fleet.enrol(server, self)
        elif self.identity.wants_renewal(utc_now()):
            self.identity = await self._fleet.renew(server, self)

    def disconnected(self, ended: Ended, delay: float) -> None:
        self._refused = ended.code == Close.REFUSED
        figures = self._fleet.figures
        figures.connected -= ended.ready
        if ended.reason == FAULT:
            figures.faults += 1
        elif ended.delay is None and ended.within is None and ended.code not in (1000, Close.RESTART):
            figures.errors[f"{ended.code}: {ended.reason}" if ended.code else ended.reason] += 1

    def refused(self, error: EstError, delay: float) -> None:
        self._fleet.figures.errors[f"enrolment: {error}"] += 1

    # ------------------------------------------------------------ what the session asks

    @property
    def tag(self) -> str:
        return self._tag

    def hello(self, welcome: Welcome) -> Hello:
        self.drift = welcome.time - time.time()
        return Hello(
            unit_id=self.unit_id,
            proof=self.identity.proof(self.unit_id, welcome.time, nonce=welcome.nonce),
            tag=self._tag,
            boot_id=self._boot_id,
            firmware=FIRMWARE,
            firmware_version=models.firmware_version(self._fleet.seed, self.index),
            agent_version=AGENT_VERSION,
            login=self.users.login,
            trying=self.users.trying,
        )

    def reports(self, ready: Ready) -> Iterable[DeviceMessage]:
        self.servers.learn(ready.servers)
        figures = self._fleet.figures
        figures.connected += 1
        if not self.was_ready:
            self.was_ready = True
            figures.first_login()
        return [models.inventory(self._fleet.seed, self.index)] if ready.inventory else []

    def apply(self, settings: Settings) -> None:
        # But for files the body is not decoded: in a real fleet that is the work of thousands of other processors.
        if self._applying is not None:
            self._applying.cancel()
        self._applying = asyncio.create_task(self._apply(settings))

    async def _apply(self, settings: Settings) -> None:
        await asyncio.sleep(self._fleet.random.uniform(*APPLY_DELAY))
        try:
            wanted = files_named(bytes(settings.body))
        except msgspec.MsgspecError as error:
            self._applied(settings.seq, settings.tag, f"The settings were not stored: {error}")
            return
        proof = lambda sha256: self.identity.proof(self.unit_id, self.server_time(), file=sha256)  # noqa: E731
        self._applied(settings.seq, settings.tag, await self._fleet.files.bring(wanted, self._files, proof))

    def _applied(self, seq: int, tag: str, error: str) -> None:
        self._tag, self.seq = tag, seq
        self.report_applied(Applied(seq=seq, tag=tag, error=error))
        if self._fleet.on_applied is not None:
            self._fleet.on_applied(self.index, seq, tag)

    def execute(self, command: Command) -> None:
        self._fleet.figures.commands += 1
        try:
            kind = CommandKind(command.kind)
        except ValueError:
            self.report_result(CommandResult(id=command.id, ok=False, text="This firmware does not know the command."))
            return
        self.report_result(CommandResult(id=command.id, ok=True, text=f"Done: {kind}."))
        session, random = self.session, self._fleet.random
        if session is None or kind is CommandKind.MESSAGE:
            return
        if kind is CommandKind.SETTINGS:
            session.ask()
            return
        self._boot_id = str(uuid.uuid4())
        self.users.log_out(self._tag, shutdown=True)
        if kind is CommandKind.FACTORY_RESET:
            self._tag, self.seq = "", 0
            self._files.clear()
            self.identity = Identity(self.identity.key)
        session.leave(SWITCHED_OFF if kind is CommandKind.SHUTDOWN else random.uniform(*REBOOT))

    async def log_in(self, user: str, password: str, domain: str = "") -> LoginResult:
        """A user logs in; waits for the answer, also over reconnects. Raises `users.Busy`."""
        return await self.users.begin(Login(new_id(), user, password, domain, self._tag))

    def log_out(self) -> None:
        """The user, if there is one, leaves."""
        self.users.log_out(self._tag)

    def plug(self, peripheral: Peripheral) -> None:
        """Somebody plugs something in; what was at the port before goes."""
        self.assets.looked([*self._without(peripheral.port), peripheral])

    def unplug(self, port: str) -> None:
        """Somebody takes away what is plugged in at a port."""
        self.assets.looked(self._without(port))

    def _without(self, port: str) -> list[Peripheral]:
        return [one for one in self.assets.book.present if one.port != port]

    def stop(self) -> list[asyncio.Task[None]]:
        """End what it does; the tasks to wait for."""
        tasks = [task for task in (self.task, self._applying) if task is not None]
        for task in tasks:
            task.cancel()
        return tasks

    def measured(self, what: str, seconds: float) -> None:
        self._fleet.figures.measured(what, seconds)


class Fleet:
    """N simulated devices. `start`, `stop`; `figures` and `report()` tell how they fare.

    The devices of one `seed`, one `state` directory and one device CA are the same each time. `on_applied` is called
    with (index, seq, tag) when a device has applied settings.
    """

    def __init__(
        self,
        server: str,
        key: str,
        devices: int,
        seed: int,
        *,
        state: Path,
        context: ssl.SSLContext,
        ramp: float = 5.0,
        flaky: float = 0.0,
        restless: float = 0.0,
        on_applied: Callable[[int, int, str], None] | None = None,
    ) -> None:
        self.server = server
        self.key = key
        self.seed = seed
        self.random = Random()
        self.figures = Figures(devices)
        self.devices: list[SimulatedDevice] = []
        self.on_applied = on_applied
        self.files = FleetFiles(context, server, self.figures)
        self._count = devices
        self._state = state
        self._context = context
        self._ramp = ramp
        self._flaky = flaky
        self._restless = restless
        self._est: EstClient | None = None
        self._anchors: Anchors | None = None
        self._enrolling = asyncio.Semaphore(ENROLMENTS)
        self._path: Path | None = None
        self._others: list[Record] = []  # devices of the file that this run does not use
        self._lock = -1
        self._background: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Waits for the server, loads or makes the identities and starts all devices. Raises FleetError, OSError."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Disconnects all devices and keeps their identities."""
        tasks = [task for device in self.devices for task in device.stop()]
        for task in self._background:
            task.cancel()
        tasks += self._background
        await asyncio.gather(*tasks, return_exceptions=True)
        if self.devices:
            self._save()
        if self._est is not None:
            await self._est.aclose()
        await self.files.aclose()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    async def wait_ready(self, timeout: float) -> None:
        """Returns when all devices are connected at once. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while self.figures.connected < self._count:
                await asyncio.sleep(0.05)

    def report(self) -> dict[str, object]:
        """The figures as plain data; times in milliseconds."""
        return self.figures.report()

    # ------------------------------------------------------------ identities

    async def enrol(self, server: str, device: SimulatedDevice) -> Identity:
        """A first certificate, at most ENROLMENTS at a time. Raises EstError."""
        assert self._est is not None
        assert self._anchors is not None
        async with self._enrolling:
            identity = await self._est.enrol(server, device.identity, device.unit_id, self.key, self._anchors)
        return self._enrolled(device, identity)

    async def renew(self, server: str, device: SimulatedDevice) -> Identity:
        """A new key and certificate. Raises EstError."""
        assert self._est is not None
        async with self._enrolling:
            anchors = await self._est.cacerts(server)  # for the server's clock
            identity = await self._est.renew(server, device.identity, Identity.create(), device.unit_id, anchors)
        return self._enrolled(device, identity)

    def _enrolled(self, device: SimulatedDevice, identity: Identity) -> Identity:
        device.identity = identity
        self.figures.enrolled += 1
        assert self._path is not None
        with self._path.open("ab") as file:  # the whole file is written at the start and the end
            file.write(msgspec.json.encode(device.record()) + b"\n")
        return identity

    def _load(self) -> list[SimulatedDevice]:
        assert self._path is not None
        records: dict[str, Record] = {}
        for line in self._path.read_bytes().splitlines() if self._path.exists() else ():
            try:
                record = msgspec.json.decode(line, type=Record)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue  # the last line of a process that was killed
            records[record.unit_id] = record
        devices = []
        for index in range(self._count):
            known = records.get(models.unit_id(self.seed, index))
            if known is None:
                devices.append(SimulatedDevice(self, index, Identity.create(), "", 0))
            else:
                devices.append(SimulatedDevice(self, index, known.identity(), known.tag, known.seq))
        ours = {device.unit_id for device in devices}
        self._others = [record for unit, record in records.items() if unit not in ours]
        return devices

    def _save(self) -> None:
        assert self._path is not None
        records = [*(device.record() for device in self.devices), *self._others]
        write_atomic(self._path, b"".join(msgspec.json.encode(record) + b"\n" for record in records))

    def _take_lock(self, path: Path) -> None:
        self._lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FleetError(f"These devices already run (seed {self.seed}, state {self._state}).") from error

    # ------------------------------------------------------------ running

    async def _start(self) -> None:
        make_room(self._count)
        self._est = EstClient(self._context, connections=ENROLMENTS)
        self._anchors = await self._wait_for_server()
        authority = hashlib.sha256(self._anchors.certificates[0].public_bytes(serialization.Encoding.DER)).hexdigest()
        self._path = self._state / f"fleet-{self.seed}-{authority[:12]}.jsonl"
        self._take_lock(self._path.with_suffix(".lock"))
        self.devices = self._load()
        if not self.key and not all(device.identity.certificate for device in self.devices):
            raise FleetError("The devices are not enrolled yet: give a key (--key-file, or UMS_KEY).")
        self._save()
        self.figures.start()
        for device in self.devices:
            device.task = asyncio.create_task(self._live(device))
        if self._flaky:
            self._background.append(asyncio.create_task(self._drop_some()))
        if self._restless:
            self._background.append(asyncio.create_task(self._carry_sticks()))

    async def _wait_for_server(self) -> Anchors:
        assert self._est is not None
        backoff = Backoff(self.random, cap=5)
        while True:
            try:
                return await self._est.cacerts(self.server)
            except EstError as error:
                if error.permanent or error.status == 404:
                    raise FleetError(f"{self.server} enrols no devices: {error}") from error
                self.figures.waiting = str(error)
                await asyncio.sleep(backoff.after_failure())

    async def _live(self, device: SimulatedDevice) -> None:
        await asyncio.sleep(self._ramp * device.index / self._count)
        await Link(device, device.servers, self._context, Backoff(self.random)).run()

    async def _drop_some(self) -> None:
        while True:
            await asyncio.sleep(1)
            for device in self.devices:
                if device.session is not None and self.random.random() < self._flaky / 60:
                    device.session.abort(FAULT)

    async def _carry_sticks(self) -> None:
        """People carry memory sticks from device to device."""
        sticks = [models.stick(self.seed, number) for number in range(max(2, self._count // 5))]
        at: dict[str, SimulatedDevice] = {}
        while True:
            await asyncio.sleep(1)
            for _ in range(self._count):
                if self.random.random() >= self._restless / 60:
                    continue
                stick = self.random.choice(sticks)
                if (before := at.pop(stick.serial, None)) is not None:
                    before.unplug(stick.port)
                else:
                    device = at[stick.serial] = self.random.choice(self.devices)
                    device.plug(stick)
                    at = {serial: one for serial, one in at.items() if one is not device or serial == stick.serial}


def make_room(devices: int) -> None:
    """Raises the limit of open files to what the devices need. Raises FleetError when the system does not allow it."""
    needed = devices + 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise FleetError(f"{devices} devices need {needed} open files, the system allows {hard} (ulimit -Hn).")
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
