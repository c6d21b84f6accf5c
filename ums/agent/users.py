"""Who is logged in at a device, as the device knows it: one login that is open, and one that is being tried.

A state machine without I/O. A login that is being tried survives the connection: it is sent again with the same id,
unless the server says in its `ready` that it went well. Its password is forgotten with the answer.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

import msgspec

from ums.domain.protocol import (
    ChangePassword,
    DeviceMessage,
    LoggedOut,
    Login,
    LoginOptions,
    LoginOutcome,
    LoginResult,
    Logout,
)


class Busy(Exception):
    """Another login is being tried."""


class OpenLogin(msgspec.Struct, frozen=True):
    """A user is logged in. `leaving`: logged out here, but the server does not know yet."""

    id: str
    user: str
    leaving: bool = False
    shutdown: bool = False


class Trial:
    """A login that has no answer yet."""

    __slots__ = ("answer", "message")

    def __init__(self, message: Login | ChangePassword) -> None:
        self.message = message
        self.answer: asyncio.Future[LoginResult] = asyncio.get_running_loop().create_future()


def new_id() -> str:
    """A name for a login, never used twice."""
    return secrets.token_urlsafe(18)


class Users:
    """The login of one device. `send` sends to the server when there is a connection; `changed` is told of news."""

    __slots__ = ("_changed", "_send", "_trial", "open", "options")

    def __init__(
        self,
        send: Callable[[DeviceMessage], None],
        *,
        open_login: OpenLogin | None = None,
        changed: Callable[[OpenLogin | None], None] = lambda _: None,
    ) -> None:
        self._send, self._changed = send, changed
        self.open = open_login
        """Who is logged in, or has left without the server knowing."""
        self._trial: Trial | None = None
        self.options: LoginOptions | None = None
        """What the server said last; None: it knows nothing of users, or none has been there yet."""

    @property
    def current(self) -> OpenLogin | None:
        """Who is logged in."""
        return self.open if self.open is not None and not self.open.leaving else None

    @property
    def login(self) -> str:
        """Of the hello: the login that is open, or that the server has to be told the end of."""
        return self.open.id if self.open else ""

    @property
    def trying(self) -> str:
        """Of the hello: the login that has no answer yet."""
        return self._trial.message.id if self._trial else ""

    # ------------------------------------------------------------ what users do

    def begin(self, message: Login | ChangePassword) -> asyncio.Future[LoginResult]:
        """Try to log in; the answer comes some time, or never. Raises Busy."""
        if self._trial is not None:
            raise Busy
        self._trial = Trial(message)
        if self.options is not None:
            self._send(message)
        return self._trial.answer

    def give_up(self) -> None:
        """Nobody waits for the answer any more: if it went well after all, the server shall end it."""
        trial, self._trial = self._trial, None
        if trial is not None:
            self._send(Logout(trial.message.id))

    def log_out(self, tag: str, *, shutdown: bool = False) -> bool:
        """The user leaves; False when there is none."""
        current = self.current
        if current is None:
            return False
        self._set(msgspec.structs.replace(current, leaving=True, shutdown=shutdown))
        self._send(Logout(current.id, shutdown, tag))
        return True

    # ------------------------------------------------------------ what the server says

    def ready(self, options: LoginOptions | None, tag: str) -> None:
        """A server is there: bring both sides to the same knowledge."""
        self.options = options
        if options is None:
            return  # it will never answer; who waits gives up in time
        trial = self._trial
        if trial is not None and options.current == trial.message.id:
            self.answered(LoginResult(trial.message.id, LoginOutcome.AUTH_OK, user=options.user))
        elif trial is not None:
            self._send(msgspec.structs.replace(trial.message, tag=tag))
        if self.open is not None and self.open.leaving:
            self._send(Logout(self.open.id, self.open.shutdown, tag))
        elif self.open is not None and options.current != self.open.id:
            self._set(None)  # ended by the server

    def answered(self, result: LoginResult) -> None:
        """The answer to a login; one that nobody waits for is not counted."""
        trial = self._trial
        if trial is None or trial.message.id != result.id:
            return
        self._trial = None
        if result.outcome == LoginOutcome.AUTH_OK:
            self._set(OpenLogin(result.id, result.user or trial.message.user))
        if not trial.answer.done():
            trial.answer.set_result(result)

    def logged_out(self, message: LoggedOut) -> None:
        """The server knows that a login has ended, or has ended it."""
        if self.open is not None and self.open.id == message.id:
            self._set(None)

    def _set(self, login: OpenLogin | None) -> None:
        self.open = login
        self._changed(login)
