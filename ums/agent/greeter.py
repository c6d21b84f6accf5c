"""Users at a device: what the agent does when somebody logs in, changes a password, logs out, or asks who is there.

What the device is set to (`auth.login.swp.*`) counts: how long to wait for a server, whether to go on without one,
whether the last name is remembered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import structlog

from ums.domain.protocol import (
    ChangePassword,
    DeviceMessage,
    Login,
    LoginEvent,
    LoginOutcome,
    LoginResult,
    ProtocolError,
    decode_device,
    encode,
)

from .control import Told, Wish
from .storage import write_atomic
from .users import Busy, OpenLogin, Users, new_id

log = structlog.get_logger("ums.agent")

WAIT = 30.0
"""Seconds that a login waits for a server, when the device is set to nothing else."""

_SETTINGS = "auth.login.swp."
LOG_OTHERS = "system.remotemanager.log_authentication"

UNAVAILABLE = "No server answers. Try again later, or call your administrator."
WITHOUT = "No server answers. The device goes on with its own settings."
BUSY = "Another login is being tried. Try again in a moment."
TOO_LONG = "The name or the domain is too long, or empty."
NOBODY = "Nobody is logged in."


class Stored(msgspec.Struct, frozen=True):
    """The content of login.json. `boot_id`: a login does not outlive the boot that it was made in."""

    boot_id: str = ""
    login: OpenLogin | None = None
    last_user: str = ""


class Greeter:
    """The users of one agent."""

    def __init__(
        self,
        path: Path,
        boot_id: str,
        send: Callable[[DeviceMessage], None],
        tag: Callable[[], str],
        settings: Callable[[], dict[str, Any]],
    ) -> None:
        """`path`: of login.json. `tag`, `settings`: of what holds on the device now."""
        self._path, self._boot_id = path, boot_id
        self._send, self._tag, self._settings = send, tag, settings
        stored = _load(path)
        self._last_user = stored.last_user
        self.users = Users(
            send, open_login=stored.login if stored.boot_id == boot_id else None, changed=self._user_changed
        )

    async def answer(self, wish: Wish) -> Told:
        """Do what a program of this machine wants."""
        match wish.do:
            case "login" | "passwd":
                return await self._log_in(wish)
            case "logout":
                left = self.users.log_out(self._tag(), shutdown=wish.shutdown)
                return Told(text="" if left else NOBODY)
            case "whoami":
                return self._whoami()
            case "event":
                return self._event(wish)
            case _:
                return Told(text="The agent does not know this request.")

    def log_out_before_shutdown(self) -> None:
        """The machine goes down: the user's login ends with it."""
        self.users.log_out(self._tag(), shutdown=True)

    async def _log_in(self, wish: Wish) -> Told:
        message: Login | ChangePassword
        domain = wish.domain or str(self._setting("default_domain", ""))
        if wish.do == "login":
            message = Login(new_id(), wish.user, wish.password, domain, self._tag())
        else:
            message = ChangePassword(new_id(), wish.user, wish.password, wish.new_password, domain, self._tag())
        try:
            decode_device(encode(message))  # the bounds of the wire
        except ProtocolError:
            return Told("USER_NOT_FOUND", TOO_LONG)
        try:
            answer = self.users.begin(message)
        except Busy:
            return Told("LOGON_FAILED", BUSY)
        try:
            async with asyncio.timeout(float(self._setting("timeout", WAIT))):
                result = await answer
        except TimeoutError:
            result = LoginResult(message.id, LoginOutcome.LOGON_FAILED, UNAVAILABLE, available=False)
        finally:
            if not answer.done() or answer.cancelled():
                self.users.give_up()
        return self._told(result, wish.user)

    def _told(self, result: LoginResult, user: str) -> Told:
        try:
            outcome = LoginOutcome(result.outcome)
        except ValueError:
            outcome = LoginOutcome.LOGON_FAILED
        good = outcome is LoginOutcome.AUTH_OK
        skip = not result.available and bool(self._setting("skip_when_unavailable", False))
        log.info("login", user=user, outcome=outcome.name, available=result.available, skipped=skip)
        if good and self._setting("remember_user", True):
            self._last_user = user
            self._keep()
        text = WITHOUT if skip else result.text
        return Told(outcome.name, text, result.user if good else "", result.available, skip)

    def _whoami(self) -> Told:
        current, options = self.users.current, self.users.options
        return Told(
            text="" if current else NOBODY,
            user=current.user if current else "",
            available=options is not None and options.enabled,
            last_user=self._last_user,
            domains=options.domains if options else (),
        )

    def _event(self, wish: Wish) -> Told:
        if not self._settings().get(LOG_OTHERS, False):
            return Told(text=f"The device does not report logins: {LOG_OTHERS} is off.")
        event = LoginEvent(new_id(), wish.user, wish.kind, wish.domain, wish.failed, wish.ended)
        try:
            decode_device(encode(event))
        except ProtocolError:
            return Told("USER_NOT_FOUND", TOO_LONG)
        self._send(event)
        return Told()

    def _setting(self, name: str, default: bool | float | str) -> Any:
        value = self._settings().get(_SETTINGS + name, default)
        return value if isinstance(value, str if isinstance(default, str) else int | float) else default

    def _user_changed(self, login: OpenLogin | None) -> None:
        self._keep()

    def _keep(self) -> None:
        stored = Stored(self._boot_id, self.users.open, self._last_user)
        try:
            write_atomic(self._path, msgspec.json.encode(stored))
        except OSError as error:
            log.error("login not stored", reason=str(error))


def _load(path: Path) -> Stored:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Stored)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return Stored()  # none yet, or damaged: the server ends what it has
