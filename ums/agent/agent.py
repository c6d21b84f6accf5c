"""The agent of a real device."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import ssl
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import Any

import structlog

from ums.domain.protocol import (
    Applied,
    Close,
    Command,
    CommandKind,
    CommandResult,
    DeviceMessage,
    Hello,
    Inventory,
    LocalSettings,
    ProtocolError,
    Ready,
    Settings,
    Welcome,
    encode,
)

from . import AGENT_VERSION, FIRMWARE, FIRMWARE_VERSION, facts
from .asset_book import AssetBook
from .assets import DELAY
from .backoff import Backoff
from .commands import Commands
from .control import Control
from .downloads import Downloads
from .est import EstClient, EstError
from .files import DeviceFiles, Outcome, default_root
from .greeter import Greeter
from .hooks import run_apply_hooks
from .identity import Identity, KeyType
from .journal import Journal
from .link import Link, LinkedDevice, Servers
from .peripherals import peripherals
from .session import Ended
from .state import State, StateError
from .uevents import Uevents

log = structlog.get_logger("ums.agent")

LOOK_EVERY = 2.0
"""Seconds between looks at local.json, and at what is plugged in where the kernel cannot be heard."""

LOOK_ANYWAY = 60.0
"""Seconds between looks at what is plugged in when the kernel tells of news; without that it is LOOK_EVERY."""

AIT_ENABLE, AIT_DELAY = "system.remotemanager.ait.enable", "system.remotemanager.ait.delay"

RENEWAL_EVERY = 12 * 3600.0
"""Seconds between looks at the certificate's expiry while connected."""

FILES_AGAIN = 30.0
"""Least seconds until files that did not come are fetched again."""

_ENDS_LOGINS = frozenset({CommandKind.REBOOT, CommandKind.SHUTDOWN, CommandKind.FACTORY_RESET})

CONFIRMATION = 5.0
"""Seconds that a reboot waits until the server has confirmed the result."""


class EnrolmentRefused(Exception):
    """The server refuses this device and it has never been enrolled: a person has to act."""


@dataclass(frozen=True, slots=True)
class Options:
    """How an agent runs. `key`: first-authentication key, "" when the device is enrolled already. `root`: below which
    sysfs is read for what is plugged in."""

    server: str
    unit_id: str
    key: str = ""
    name: str = ""
    firmware: str = FIRMWARE
    firmware_version: str = FIRMWARE_VERSION
    structure_tag: str = ""
    key_type: KeyType = KeyType.P256
    hooks: Path | None = None
    files: Path | None = None
    allow_power: bool = False
    root: Path = Path("/")


class Agent(LinkedDevice):
    """One device: applies settings to its state directory, runs hooks, carries out commands."""

    def __init__(self, options: Options, state: State, context: ssl.SSLContext) -> None:
        """Raises IdentityError for a damaged identity file."""
        super().__init__(Journal(state.path("commands.json")), AssetBook(facts.boot_id(), state.path("assets.json")))
        self.assets.delay = self._asset_delay
        self._options = options
        self._state = state
        self._greeter = Greeter(
            state.path("login.json"), facts.boot_id(), self.send, lambda: self.tag, lambda: state.settings.values
        )
        self.users = self._greeter.users
        self._identity = Identity.load(state.path("identity.pem"))
        self._enrolled_before = self._identity is not None and bool(self._identity.certificate)
        self._context = context
        self._est = EstClient(context)
        self._files = DeviceFiles(state.directory, options.files or default_root(state.directory))
        self._downloads = Downloads(context, lambda: self._link.servers.current, self._file_proof)
        self._up_to_date = asyncio.Event()
        """The server said that the settings are the right ones: of their files it knows nothing."""
        self._refused = False
        self._told: dict[type, bytes] = {}
        self._applying = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._hooks = options.hooks or state.directory
        self._commands = Commands(
            self._hooks / "commands.d", allow_power=options.allow_power, reset=self._reset, ask=self._ask
        )
        self._link = Link(self, Servers(options.server, state.load_servers()), context, Backoff(SystemRandom()))

    async def run(self) -> None:
        """Works until the task is cancelled. Raises EnrolmentRefused."""
        if self._state.pending_changes():
            await self._run_hooks()  # a former run was killed before its hooks had ended
        self._start(Control(self._state.directory, self._greeter.answer).run())
        self._start(self._watch_local())
        self._start(self._watch_assets())
        self._start(self._watch_files())
        self._start(self._watch_certificate())
        try:
            await self._link.run()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._est.aclose()
            await self._downloads.aclose()

    # ------------------------------------------------------------ what the link asks

    async def prepare(self, server: str) -> None:
        identity = self._identity
        if identity is None:
            identity = self._identity = Identity.create(self._options.key_type)
            identity.save(self._state.path("identity.pem"))  # a lost answer is asked for again with the same key
        refused, self._refused = self._refused, False  # when this fails, the certificate gets its next chance
        if not identity.certificate or (refused and self._options.key):
            if not self._options.key:
                raise EstError("The device has no certificate. Start the agent with a first-authentication key.")
            anchors = await self._est.cacerts(server)
            self._keep(await self._est.enrol(server, identity, self._options.unit_id, self._options.key, anchors))
            log.info("enrolled", server=server, unit_id=self._options.unit_id)
        elif identity.wants_renewal(self._now()):
            try:
                await self._renew(server)
            except EstError as error:
                log.warning("certificate not renewed", reason=str(error))  # it is still good for some days

    def disconnected(self, ended: Ended, delay: float) -> None:
        self._refused = ended.code == Close.REFUSED
        log.warning("not connected", code=ended.code, reason=ended.reason, retry_in=round(delay, 1))

    def refused(self, error: EstError, delay: float) -> None:
        if error.permanent and not self._enrolled_before:
            raise EnrolmentRefused(str(error))
        log.error("not enrolled", status=error.status, reason=str(error), retry_in=round(delay, 1))

    # ------------------------------------------------------------ what the session asks

    @property
    def tag(self) -> str:
        return self._state.settings.tag

    def hello(self, welcome: Welcome) -> Hello:
        assert self._identity is not None
        self.drift = welcome.time - time.time()
        return Hello(
            unit_id=self._options.unit_id,
            proof=self._identity.proof(self._options.unit_id, welcome.time, nonce=welcome.nonce),
            tag=self.tag,
            boot_id=facts.boot_id(),
            firmware=self._options.firmware,
            firmware_version=self._options.firmware_version,
            agent_version=AGENT_VERSION,
            login=self.users.login,
            trying=self.users.trying,
        )

    def reports(self, ready: Ready) -> Iterable[DeviceMessage]:
        if self._link.servers.learn(ready.servers):
            self._save_servers()
        if ready.unchanged:
            self._up_to_date.set()
        log.info("connected", server=self._link.servers.current, name=ready.name, up_to_date=ready.unchanged)
        options = self._options
        inventory = facts.inventory(name=options.name, structure_tag=options.structure_tag)
        return [m for m in (inventory, self._local()) if m is not None and (self._is_news(m) or ready.inventory)]

    def apply(self, settings: Settings) -> None:
        self._start(self._apply(settings))

    def execute(self, command: Command) -> None:
        self._start(self._execute(command))

    def measured(self, what: str, seconds: float) -> None:
        log.debug("measured", what=what, milliseconds=round(seconds * 1000, 1))

    # ------------------------------------------------------------ settings

    async def _apply(self, settings: Settings) -> None:
        async with self._applying:
            try:
                self._state.store(settings)
                brought = await self._bring_files()
                error = "; ".join(filter(None, (brought.error, await self._run_hooks(brought.changed))))
            except (OSError, ProtocolError) as failure:
                error = f"The settings were not stored: {failure}"
        if error:
            log.error("settings applied with errors", tag=settings.tag, seq=settings.seq, error=error)
        else:
            log.info("settings applied", tag=settings.tag, seq=settings.seq)
        self.report_applied(Applied(seq=settings.seq, tag=settings.tag, error=error[:4096]))

    async def _run_hooks(self, files: Sequence[str] = ()) -> str:
        changed = self._state.pending_changes()
        environment = {
            "UMS_STATE": str(self._state.directory),
            "UMS_SETTINGS": str(self._state.settings_path),
            "UMS_TAG": self.tag,
        }
        error = ""
        if changed or files:
            error = await run_apply_hooks(self._hooks / "apply.d", changed, environment, files=files)
        self._state.settle()
        return error

    # ------------------------------------------------------------ files

    def _file_proof(self, sha256: str) -> str:
        assert self._identity is not None
        return self._identity.proof(self._options.unit_id, self.server_time(), file=sha256)

    async def _bring_files(self) -> Outcome:
        outcome = await self._files.bring(self._state.settings.files, self._downloads.download)
        if outcome.changed:
            log.info("files", changed=len(outcome.changed))
        return outcome

    async def _watch_files(self) -> None:
        """What did not come, or was changed or removed by somebody, comes again; the server hears how it went."""
        backoff = Backoff(SystemRandom(), base=FILES_AGAIN)
        while True:
            with suppress(TimeoutError):
                # Not wait_for: in Python 3.11 it forgets a cancellation that comes together with the event.
                async with asyncio.timeout(backoff.after_failure(FILES_AGAIN)):
                    await self._up_to_date.wait()
            self._up_to_date.clear()
            if self.session is None or self._files.settled(self._state.settings.files):
                backoff.reset()
                continue
            async with self._applying:
                settings, brought = self._state.settings, await self._bring_files()
                error = "; ".join(filter(None, (brought.error, await self._run_hooks(brought.changed))))
            if error:
                log.error("files", error=error)
            if self.session is not None:
                self.session.send(Applied(seq=settings.seq, tag=settings.tag, error=error[:4096]))

    def _ask(self) -> None:
        if self.session is not None:
            self.session.ask()

    # ------------------------------------------------------------ reports

    def _local(self) -> LocalSettings | None:
        try:
            return self._state.load_local()
        except StateError as error:
            log.error("local settings", reason=str(error))
            return None

    def _is_news(self, message: Inventory | LocalSettings) -> bool:
        digest = hashlib.sha256(encode(message)).digest()
        known = self._told.get(type(message))
        self._told[type(message)] = digest
        return digest != known

    async def _watch_local(self) -> None:
        stamp = self._state.local_stamp()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if self.session is not None and stamp != (now := self._state.local_stamp()):
                stamp = now
                local = self._local()
                if local is not None and self._is_news(local):
                    self.session.send(local)

    def _save_servers(self) -> None:
        try:
            self._state.save_servers(self._link.servers.known)
        except OSError as error:
            log.error("list of servers not stored", reason=str(error))

    # ------------------------------------------------------------ peripherals

    def _asset_delay(self) -> float | None:
        values = self._state.settings.values
        return float(values.get(AIT_DELAY, DELAY)) if values.get(AIT_ENABLE, True) is True else None

    async def _watch_assets(self) -> None:
        async with Uevents() as news:
            every = LOOK_ANYWAY if news.heard and self._options.root == Path("/") else LOOK_EVERY
            while True:
                self.assets.looked(await asyncio.to_thread(peripherals, self._options.root))
                await news.wait(every)

    # ------------------------------------------------------------ identity

    def _now(self) -> datetime:
        """By the server's clock."""
        return datetime.fromtimestamp(self.server_time(), UTC)

    async def _watch_certificate(self) -> None:
        while True:
            await asyncio.sleep(RENEWAL_EVERY)
            identity = self._identity
            if identity is not None and identity.certificate and identity.wants_renewal(self._now()):
                try:
                    await self._renew(self._link.servers.current)
                except EstError as error:
                    log.warning("certificate not renewed", reason=str(error))

    async def _renew(self, server: str) -> None:
        assert self._identity is not None
        anchors = await self._est.cacerts(server)
        fresh = Identity.create(self._options.key_type)
        self._keep(await self._est.renew(server, self._identity, fresh, self._options.unit_id, anchors))
        log.info("certificate renewed", expires=self._identity.expires.isoformat())

    def _keep(self, identity: Identity) -> None:
        identity.save(self._state.path("identity.pem"))
        self._identity = identity
        self._enrolled_before = True

    # ------------------------------------------------------------ commands

    async def _execute(self, command: Command) -> None:
        log.info("command", id=command.id, kind=command.kind)
        try:
            outcome = await self._commands.perform(command)
        except Exception as error:  # the server must get an answer whatever happened
            log.exception("command failed", id=command.id)
            self.report_result(CommandResult(id=command.id, ok=False, text=f"The agent failed: {error}"[:4096]))
            return
        self.report_result(CommandResult(id=command.id, ok=outcome.ok, text=outcome.text[:4096]))
        if outcome.then is not None:
            if command.kind in _ENDS_LOGINS:
                self._greeter.log_out_before_shutdown()
            await self._until_confirmed(command.id)
            await outcome.then()

    async def _until_confirmed(self, number: int) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + CONFIRMATION
        while loop.time() < end and not self.journal.confirmed(number):
            await asyncio.sleep(0.05)

    async def _reset(self) -> None:
        async with self._applying:
            await self._files.bring([], self._downloads.download)
            self._state.reset()
        self.assets.book.forget()
        self._identity = None
        self._told.clear()
        log.warning("reset to factory defaults")
        if self.session is not None:
            self.session.leave(1.0)

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("unexpected error", error=repr(error))


async def run_agent(options: Options, state: State, context: ssl.SSLContext) -> None:
    """Runs an agent until SIGTERM or SIGINT. Raises EnrolmentRefused and IdentityError."""
    task = asyncio.ensure_future(Agent(options, state, context).run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        log.info("stopped")
