"""Asking a directory about a user who wants to log in: all that goes over the network, and nothing of the database.

It takes as long as the directory takes, so it runs in threads that may wait. Each password is shown to the directory
once: in `change_password`, or in one bind. What comes before reads with the browse account, so that users who do not
exist are told from wrong passwords, and no wrong password is counted that nobody typed.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from swp import limits
from swp.ldap.bind import authenticated, change_password
from swp.ldap.directory import connected
from swp.ldap.types import BindRefused, DirectoryUnavailable, Refusal
from swp.principals import principals_for
from ums.domain.protocol import LoginOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from swp.ldap.directory import Directory
    from swp.ldap.types import Entry, Link
    from swp.names import LoginName
    from ums.domain.principals import Principal

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """A user at a device. request: what the device calls it. new_password: set first, since the old one has expired."""

    device_id: int
    request: str
    user: str
    password: str = field(repr=False)
    domain: str = ""
    new_password: str | None = field(default=None, repr=False)

    @property
    def secret(self) -> str:
        """The password that the user logs in with."""
        return self.password if self.new_password is None else self.new_password


@dataclass(frozen=True, slots=True)
class Claim:
    """A request that a directory is to be asked about, with its row. others: whose groups count as well.

    again: the row says that it went well, but this server cannot tell whether the password is the same.
    """

    login_id: int
    request: LoginRequest
    directory_id: int
    name: LoginName
    link: Link
    others: tuple[Link, ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class LoginAnswer:
    """What a device hears. text: for the user. user: the name in the directory. available: as in `LoginResult`."""

    outcome: LoginOutcome
    text: str = ""
    user: str = ""
    available: bool = True


@dataclass(frozen=True, slots=True)
class Heard:
    """What a directory said. text: for the user. detail: for administrators. available: as in `LoginResult`."""

    claim: Claim
    outcome: LoginOutcome
    text: str = ""
    detail: str = ""
    available: bool = True
    entry: Entry | None = None
    principals: tuple[Principal, ...] = ()


NO_ANSWER = "The directory does not answer. Try again later, or call your administrator."
UNREADABLE = "The password is right, but the user cannot read its own object in the directory."
TOO_OFTEN = "Too many wrong passwords. Try again in {} seconds."

_OUTCOMES = {
    Refusal.UNKNOWN_USER: LoginOutcome.USER_NOT_FOUND,
    Refusal.WRONG_PASSWORD: LoginOutcome.INVALID_PASSWORD,
    Refusal.PASSWORD_EXPIRED: LoginOutcome.PASSWORD_EXPIRED,
}

TEXTS = {
    LoginOutcome.AUTH_OK: "",
    LoginOutcome.LOGON_FAILED: "The login failed. Try again, or call your administrator.",
    LoginOutcome.USER_NOT_FOUND: "There is no such user.",
    LoginOutcome.INVALID_PASSWORD: "The password is wrong.",
    LoginOutcome.PASSWORD_EXPIRED: "The password has expired. Choose a new one.",
    LoginOutcome.NO_USER_LICENSE: "Users cannot log in at this device: it has no valid licence.",
    LoginOutcome.TC_UNKNOWN: "This device is not known to the server.",
}
"""For the user, in plain words."""

_REFUSED = {
    Refusal.HOURS: "You may not log in at this time.",
    Refusal.WORKSTATION: "You may not log in here.",
    Refusal.DISABLED: "Your account is disabled. Call your administrator.",
    Refusal.ACCOUNT_EXPIRED: "Your account has expired. Call your administrator.",
    Refusal.LOCKED: "Your account is locked. Call your administrator.",
}


BESIDE = 32
"""Users whose groups are read while their passwords are tried."""


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(BESIDE, thread_name_prefix="directory-beside")


_beside = _threads()


def _start_anew() -> None:
    """A forked process has none of the threads of its parent."""
    global _beside
    _beside = _threads()


os.register_at_fork(after_in_child=_start_anew)


def answer_of(outcome: LoginOutcome) -> LoginAnswer:
    """With the words that go without saying more."""
    return LoginAnswer(outcome, TEXTS[outcome])


def asked(claim: Claim) -> Heard:
    """Whether the user may log in, and who it is. What goes wrong on the way is an outcome, never an exception."""
    try:
        return _asked(claim)
    except DirectoryUnavailable as error:
        return Heard(claim, LoginOutcome.LOGON_FAILED, NO_ANSWER, str(error), available=False)
    except BindRefused as error:
        return _refused(claim, error)


def _asked(claim: Claim) -> Heard:
    link, request, account = claim.link, claim.request, claim.name.account
    looked, entry = _looked_up(claim)
    if looked and entry is None:
        return Heard(claim, LoginOutcome.USER_NOT_FOUND, TEXTS[LoginOutcome.USER_NOT_FOUND])
    counted = str(entry.guid) if entry else f"{link.domain}/{account.casefold()}"
    if seconds := limits.users.wait(counted):
        words = TOO_OFTEN.format(seconds)
        return Heard(claim, LoginOutcome.LOGON_FAILED, words, f"{words} The directory was not asked.")
    name = entry.dn if entry else account if "@" in account else f"{account}@{link.domain}"
    with _read_beside(claim, entry) as described:
        try:
            if request.new_password is not None:
                change_password(link, name, request.password, request.new_password)
            with authenticated(link, name, request.secret) as own:
                if described is None:
                    return _described(claim, own, own.user(account))
        except BindRefused as error:
            if error.refusal is Refusal.WRONG_PASSWORD:
                limits.users.failed(counted)
            return _refused(claim, error)
        return described.result()


@contextmanager
def _read_beside(claim: Claim, entry: Entry | None) -> Iterator[Future[Heard] | None]:
    """What is known of a user with the right password, read on a connection of its own: a bind takes a controller as
    long as all the rest. None without an entry. Nobody waits for what a wrong password makes worthless."""
    if entry is None:
        yield None
        return
    described = _beside.submit(_read, claim.link, lambda directory: _described(claim, directory, entry))
    try:
        yield described
    finally:
        described.cancel()


def _described(claim: Claim, directory: Directory, entry: Entry | None) -> Heard:
    """A user whose password is right."""
    if entry is None:
        return Heard(claim, LoginOutcome.USER_NOT_FOUND, TEXTS[LoginOutcome.USER_NOT_FOUND], UNREADABLE)
    principals = principals_for(claim.link, directory, entry, claim.others)
    return Heard(claim, LoginOutcome.AUTH_OK, entry=entry, principals=principals)


def _looked_up(claim: Claim) -> tuple[bool, Entry | None]:
    """Whether the user could be looked for, and who it is. Without a browse account that works, a bind has to tell."""
    if claim.link.browse is None:
        return False, None
    try:
        return True, _read(claim.link, lambda directory: directory.user(claim.name.account))
    except BindRefused:
        return False, None


def _read(link: Link, question: Callable[[Directory], R]) -> R:
    """Ask with the browse account. Where a controller stopped in the middle, another one is asked: nobody's password
    goes there."""
    try:
        with connected(link) as directory:
            return question(directory)
    except DirectoryUnavailable:
        if len(link.controllers) < 2:
            raise
    with connected(link) as directory:
        return question(directory)


def _refused(claim: Claim, error: BindRefused) -> Heard:
    outcome = _OUTCOMES.get(error.refusal, LoginOutcome.LOGON_FAILED)
    text = _REFUSED.get(error.refusal, TEXTS[outcome])
    detail = f"{error} ({error.code})" if error.code else str(error)
    if error.refusal is Refusal.OTHER and claim.request.new_password is not None:
        # The new password is not taken, or nobody can be asked to change it: the old one has expired still.
        return Heard(claim, LoginOutcome.PASSWORD_EXPIRED, str(error), detail)
    return Heard(claim, outcome, text, detail)
