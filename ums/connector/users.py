"""Users of devices: logins wait for directories here, and nobody else waits for them.

1. What a device sends of its users is worked on one after the other, beside its connection: its other messages go on.
2. Rows are written for many devices at once (`batching`); directories are asked in threads that are used for nothing
   else, some of them for each directory, so that one that hangs holds up its own users only.
3. Everything is bounded: what waits of one device, what waits in all, and how long. What is too much is refused at
   once, before a directory is asked, in words.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import structlog

from swp.authentication import NO_ANSWER, Claim, Heard, LoginAnswer, LoginRequest, asked
from swp.models import Login as LoginRow
from swp.services.claims import logins_claim
from swp.services.logins import Event, Leaving, login_events_write, logins_settle, logouts_write
from ums.connector import metrics
from ums.connector.batching import Batcher, Database, WorkFailed
from ums.connector.work import Asked, answer_asks
from ums.domain.protocol import ChangePassword, LoggedOut, Login, LoginEvent, LoginOutcome, LoginResult, Logout, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swp.services.claims import Claimed
    from ums.connector.link import Link
    from ums.connector.work import Answer

log = structlog.get_logger("ums.connector")

THREADS, FOR_ONE_DIRECTORY = 32, 16

MAX_LINE = 4
"""Messages of one device that may wait."""

MAX_WAITING = 2000
"""Logins that may wait in this process: more than so many could not be answered in time."""

WITHIN = 25.0
"""Seconds until a login is answered, whatever happens: devices wait for 30 unless they are set to something else."""

LOOK_AGAIN = 0.5
"""Seconds until a login that another server works on is looked at again."""

BUSY = "Too many users log in at the moment. Try again in a minute."

OfUsers = Login | ChangePassword | Logout


def claim(requests: Sequence[LoginRequest]) -> Sequence[Claimed]:
    """The work of a batch."""
    return logins_claim(requests=requests)


class Told(NamedTuple):
    """What a directory said. tag: of the settings that the device has."""

    heard: Heard
    tag: str


class Settled(NamedTuple):
    """What a login came to. settings: what the device should have from now on; None: still to be asked for."""

    answer: LoginAnswer
    settings: Answer | None = None


def settle(told: Sequence[Told]) -> Sequence[Settled]:
    """The work of a batch. What is written stays so when no settings can be computed just now."""
    answers = logins_settle(heard=[one.heard for one in told])
    asks = [
        Asked(one.heard.claim.request.device_id, one.tag)
        for one, answer in zip(told, answers, strict=True)
        if answer.outcome is LoginOutcome.AUTH_OK
    ]
    try:
        settings = {ask.device_id: found for ask, found in zip(asks, answer_asks(asks), strict=True)}
    except Exception:
        log.warning("settings_of_logins_failed", exc_info=True)
        settings = {}
    return [
        Settled(answer, settings.get(one.heard.claim.request.device_id))
        for one, answer in zip(told, answers, strict=True)
    ]


def log_out(leaving: Sequence[Leaving]) -> Sequence[None]:
    """The work of a batch."""
    return logouts_write(leaving=leaving)


def write_events(events: Sequence[Event]) -> Sequence[None]:
    """The work of a batch."""
    return login_events_write(events=events)


class Users:
    """The users of the devices that are connected to this process."""

    def __init__(self, database: Database, asks: Batcher[Asked, Answer | None]) -> None:
        self._asks = asks
        self._claims: Batcher[LoginRequest, Claimed] = Batcher(database, claim, wait=0.001)
        self._settled: Batcher[Told, Settled] = Batcher(database, settle, wait=0.001)
        self._logouts: Batcher[Leaving, None] = Batcher(database, log_out)
        self._events: Batcher[Event, None] = Batcher(database, write_events, wait=0.02)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="directory")
        self._places: dict[int, asyncio.Semaphore] = {}
        self._lines: dict[int, deque[tuple[Link, OfUsers, float]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = 0

    def take(self, link: Link, message: OfUsers) -> None:
        """Work on what a device sent, some time soon; the answer goes to `link`."""
        line = self._lines.get(link.device_id)
        if isinstance(message, Login | ChangePassword):
            if self._waiting >= MAX_WAITING or (line is not None and len(line) >= MAX_LINE):
                _answer(link, message, LoginAnswer(LoginOutcome.LOGON_FAILED, BUSY, available=False))
                return
            self._waiting += 1
        end = time.monotonic() + WITHIN
        if line is not None:
            line.append((link, message, end))
            return
        self._lines[link.device_id] = deque([(link, message, end)])
        task = asyncio.get_running_loop().create_task(self._work(link.device_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def event(self, link: Link, message: LoginEvent) -> None:
        """A login without the server, for the history."""
        kind = LoginRow.Kind(message.kind) if message.kind in _OTHER_KINDS else LoginRow.Kind.UNKNOWN
        self._events.add(
            Event(link.device_id, message.id, message.user, kind, message.domain, message.failed, message.ended)
        )

    async def stop(self, seconds: float) -> None:
        """Wait for the answers of directories, at most so long; what is unsettled then stays so."""
        try:
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=seconds)
            for task in self._tasks:
                task.cancel()
            await self._events.drained()
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)

    # ------------------------------------------------------------ inside

    async def _work(self, device_id: int) -> None:
        """One message of a device after the other, until none is left."""
        line = self._lines[device_id]
        try:
            while line:
                link, message, end = line[0]
                try:
                    if isinstance(message, Logout):
                        await self._log_out(link, message)
                    else:
                        await self._log_in(link, message, end)
                except WorkFailed:
                    if isinstance(message, Login | ChangePassword):
                        _answer(link, message, LoginAnswer(LoginOutcome.LOGON_FAILED, NO_ANSWER, available=False))
                except Exception:
                    log.exception("user_work_failed", device=device_id)
                finally:
                    self._waiting -= isinstance(message, Login | ChangePassword)
                    line.popleft()
                    del message
        finally:
            del self._lines[device_id]

    async def _log_in(self, link: Link, message: Login | ChangePassword, end: float) -> None:
        started = time.monotonic()
        answer, settings = await self._answer_to(_request(link, message), message.tag, end)
        metrics.user_login_counted(answer.outcome, time.monotonic() - started)
        log.info(
            "user_login", device=link.device_id, user=message.user, domain=message.domain, outcome=answer.outcome.name
        )
        if answer.outcome is LoginOutcome.AUTH_OK:
            link.login = message.id
        _answer(link, message, answer)
        if answer.outcome is LoginOutcome.AUTH_OK:
            if settings is None:
                await self._settings(link, message.tag)
            else:
                _send(link, settings)

    async def _answer_to(self, request: LoginRequest, tag: str, end: float) -> Settled:
        while (claimed := await self._claims.do(request)) is None:
            if time.monotonic() > end:
                return Settled(LoginAnswer(LoginOutcome.LOGON_FAILED, NO_ANSWER, available=False))
            await asyncio.sleep(LOOK_AGAIN)
        if isinstance(claimed, LoginAnswer):
            return Settled(claimed)
        return await self._settled.do(Told(await self._heard(claimed, end), tag))

    async def _heard(self, claimed: Claim, end: float) -> Heard:
        """What the directory says; when there is no place in time, it is not asked."""
        places = self._places.setdefault(claimed.directory_id, asyncio.Semaphore(FOR_ONE_DIRECTORY))
        try:
            async with asyncio.timeout(max(0.0, end - time.monotonic())):
                await places.acquire()
        except TimeoutError:
            return _not_asked(claimed)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, _asked_in_time, claimed, end)
        finally:
            places.release()

    async def _log_out(self, link: Link, message: Logout) -> None:
        await self._logouts.do(Leaving(link.device_id, message.id, message.shutdown))
        if link.login == message.id:
            link.login = ""
        link.push(encode(LoggedOut(message.id)))
        await self._settings(link, message.tag)

    async def _settings(self, link: Link, tag: str) -> None:
        """As to an ask: what the device should have from now on."""
        answer = await self._asks.do(Asked(link.device_id, tag))
        if answer is None:
            link.end("cut_off")
            return
        _send(link, answer)


_OTHER_KINDS = frozenset({LoginRow.Kind.KERBEROS.value, LoginRow.Kind.CITRIX.value})


def _request(link: Link, message: Login | ChangePassword) -> LoginRequest:
    new = message.new_password if isinstance(message, ChangePassword) else None
    return LoginRequest(link.device_id, message.id, message.user, message.password, message.domain, new)


def _answer(link: Link, message: Login | ChangePassword, answer: LoginAnswer) -> None:
    link.push(encode(LoginResult(message.id, answer.outcome, answer.text, answer.available, answer.user)))


def _send(link: Link, settings: Answer) -> None:
    if settings.complete:
        metrics.SETTINGS_SENT.inc()
    link.push(settings.frame)


def _asked_in_time(claimed: Claim, end: float) -> Heard:
    """In a thread."""
    if time.monotonic() > end:
        return _not_asked(claimed)
    try:
        return asked(claimed)
    except Exception:
        # The directory was asked, perhaps: the row is settled, so that it is not asked again.
        log.exception("directory_failed", directory=claimed.link.domain)
        return Heard(claimed, LoginOutcome.LOGON_FAILED, NO_ANSWER, "The server failed; see its log.", available=False)


def _not_asked(claimed: Claim) -> Heard:
    detail = "There were too many logins; the directory was not asked."
    return Heard(claimed, LoginOutcome.LOGON_FAILED, BUSY, detail, available=False)
