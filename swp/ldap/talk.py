"""One connection to a controller, and what is said on it. Nothing is tried twice here, and no referral is followed."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import ldap3
from ldap3.core.exceptions import LDAPExceptionError

from swp.ldap.types import BindRefused, Controller, Credentials, Refusal, Service, Step
from swp.ldap.wire import CONNECT, Failed, Wire, connect

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from swp.ldap.types import Link

ANSWER = 10.0
"""Seconds for one answer."""
FOR_BINDS = b"binds"
"""As whom a connection is bound on which users log in, one after the other."""
GIVE_UP = 30
"""Seconds after which a controller ends a search that nobody waits for any more. It counts by its clock on the wall,
which may be set meanwhile: so it is more than ANSWER."""
PAGED = "1.2.840.113556.1.4.319"
"""Control of paged results."""
_ACTIVE_DIRECTORY = b"1.2.840.113556.1.4.800"
"""A capability that only AD has."""
RESTRICTED = "0000052D"
"""AD: the new password breaks the rules of the domain (ERROR_PASSWORD_RESTRICTION)."""

_SUCCESS, _SIZE_EXCEEDED, _REFERRAL = 0, 4, 10
_NOTHING = {_REFERRAL, 16, 32, 34, 50}
"""There is no such attribute or object, its DN is none, it is in another domain, or not for those who ask."""
_STRONGER, _CONFIDENTIAL = 8, 13
_CODE = re.compile(r"data ([0-9a-fA-F]{1,8})\b")

_REFUSALS = {
    "525": (Refusal.UNKNOWN_USER, "There is no such user."),
    "52e": (Refusal.WRONG_PASSWORD, "The user name or the password is wrong."),
    "530": (Refusal.HOURS, "The user may not log in at this hour."),
    "531": (Refusal.WORKSTATION, "The user may not log in at this workstation."),
    "532": (Refusal.PASSWORD_EXPIRED, "The password has expired."),
    "533": (Refusal.DISABLED, "The account is disabled."),
    "701": (Refusal.ACCOUNT_EXPIRED, "The account has expired."),
    "773": (Refusal.PASSWORD_EXPIRED, "The password must be changed before the first login."),
    "775": (Refusal.LOCKED, "The account is locked."),
}
"""By AD's data code (domain/swp.md §4, recipes/README.md §1)."""

Raw = dict[str, Any]
"""An object as ldap3 gives it: "dn" and "raw_attributes", lists of bytes by name."""


class Talk:
    """A connection that stays open. bound: as whom, as the pool names it. used: when something came last.

    kept: whoever has it from the pool goes on with it, and closes it.
    """

    def __init__(self, link: Link, controller: Controller) -> None:
        """Connect, and see that it answers. Raises Failed."""
        self.controller, self.link = controller, link
        self.bound: bytes | None = None
        self.kept = False
        self._wire: Wire = connect(link, controller)
        self.used = time.monotonic()
        server = ldap3.Server(controller.host, get_info=ldap3.NONE)
        self._ldap = ldap3.Connection(
            server, auto_referrals=False, check_names=False, auto_range=False, auto_escape=False, auto_encode=False
        )
        # It has been connected and its certificate checked already: that leaves ldap3 to speak.
        self._ldap.socket, self._ldap.closed = self._wire, False
        self._ldap.strategy._outstanding = {}
        self._ldap.strategy._start_listen()
        self.check()

    def check(self) -> None:
        """Ask for something that everybody may know. Raises Failed when no sensible answer comes."""
        self._root("1.1")

    def service(self) -> Service:
        """What kind of directory this is. Raises Failed."""
        found = self._root("supportedCapabilities")
        values = found[0]["raw_attributes"].get("supportedCapabilities", ()) if found else ()
        return Service.AD if _ACTIVE_DIRECTORY in values else Service.LDAP

    @property
    def shared(self) -> bool:
        """Whether it is bound as an account of ours, rather than as whoever logs in."""
        return self.bound is not None and self.bound != FOR_BINDS

    def _root(self, attribute: str) -> list[Raw]:
        self._exchange(
            CONNECT,
            lambda: self._ldap.search("", "(objectClass=*)", ldap3.BASE, attributes=[attribute], paged_size=1),
        )
        found = [one for one in self._ldap.response or () if one["type"] == "searchResEntry"]
        if self._ldap.result["type"] != "searchResDone":
            self.close()
            raise Failed(Step.BIND, f"It answers with an error: {self._said()}")
        return found

    def alive(self, recent: float) -> bool:
        """Whether it can be used again: asked, unless it was used within so many seconds. A dead one gets closed."""
        if self._wire.quiet():
            if time.monotonic() - self.used < recent:
                return True
            try:
                self.check()
            except Failed:
                return False
            return True
        self.close()
        return False

    def bind(self, credentials: Credentials) -> None:
        """One bind request. Raises BindRefused; Failed when it is not known what became of it."""
        if not credentials.password or "\0" in credentials.password + credentials.user or not credentials.user:
            # Without a password a directory lets everybody in, as anonymous.
            raise BindRefused(*_REFUSALS["52e"])
        self.bound = None
        self._exchange(
            ANSWER,
            # As bytes it goes as it is; what ldap3 would make of text is not what the user typed.
            lambda: self._ldap.rebind(credentials.user, credentials.password.encode(), read_server_info=False),
        )
        self._ldap.password = self._ldap.user = self._ldap.request = None
        result = self._ldap.result
        if result["result"] != _SUCCESS:
            raise _refused(result["result"], str(result["message"] or ""), self._said())

    def page(
        self,
        base: str,
        condition: str,
        attributes: Sequence[str],
        *,
        size: int,
        cookie: bytes = b"",
        scope: str = ldap3.SUBTREE,
    ) -> tuple[list[Raw], bytes]:
        """Part of what a search finds, and the cookie of the next part. Raises Failed."""
        self._exchange(
            ANSWER,
            lambda: self._ldap.search(
                base,
                condition,
                scope,
                ldap3.DEREF_NEVER,
                attributes=list(attributes),
                time_limit=GIVE_UP,
                paged_size=size,
                paged_cookie=cookie or None,
            ),
        )
        result = self._ldap.result
        found = [one for one in self._ldap.response or () if one["type"] == "searchResEntry"]
        self._ldap.response = None
        if result["result"] in _NOTHING:
            return [], b""
        if result["result"] not in (_SUCCESS, _SIZE_EXCEEDED):
            raise Failed(Step.BASE, f"It refuses the search: {self._said()}")
        paged = (result.get("controls") or {}).get(PAGED)
        return found, paged["value"]["cookie"] or b"" if paged else b""

    def change_password(self, dn: str, old: str, new: str) -> None:
        """A user's own change, which needs the old password. Raises BindRefused, Failed."""
        changes = {
            "unicodePwd": [(ldap3.MODIFY_DELETE, [_quoted(old)]), (ldap3.MODIFY_ADD, [_quoted(new)])],
        }
        self._exchange(ANSWER, lambda: self._ldap.modify(dn, changes))
        self._ldap.request = None
        code, message = self._ldap.result["result"], str(self._ldap.result["message"] or "")
        if code == _SUCCESS:
            return
        if "00000056" in message:
            raise BindRefused(Refusal.WRONG_PASSWORD, "The old password is wrong.", "56")
        if RESTRICTED in message or code == 19:
            words = (
                "The new password breaks the rules of the domain: its length, its characters, its age or its history."
            )
            raise BindRefused(Refusal.OTHER, words, "52d")
        raise BindRefused(Refusal.OTHER, f"The directory did not change the password: {self._said()}")

    def close(self) -> None:
        """Say nothing more."""
        self._ldap.strategy._outstanding = None
        self._ldap.closed, self._ldap.listening, self._ldap.bound = True, False, False
        self._wire.close()

    def _exchange(self, seconds: float, ask: Callable[[], object]) -> None:
        """A question and its answer. After one that failed the connection is closed. Raises Failed."""
        self._wire.allow(seconds)
        started = time.monotonic()
        try:
            ask()
        except Exception as error:  # whatever is in an answer that is none of LDAP, ldap3 stumbles over it somewhere
            self._ldap.password = self._ldap.request = None
            self.close()
            late = time.monotonic() - started >= seconds * 0.95
            raise Failed(Step.BIND, _words(error, seconds, late=late), hung=late) from None
        self.used = time.monotonic()

    def _said(self) -> str:
        result = self._ldap.result
        return f"{result['description']} {str(result['message'] or '')[:200]}".strip()


def _words(error: Exception, seconds: float, *, late: bool) -> str:
    if late:
        return f"It takes connections but did not answer within {seconds:.0f} s."
    if isinstance(error, LDAPExceptionError | OSError):
        return "The connection broke before the answer was complete."
    return "It answers something that is not LDAP."


def _refused(result: int, message: str, said: str) -> BindRefused:
    if result in (_STRONGER, _CONFIDENTIAL):
        return BindRefused(Refusal.OTHER, "The controller takes passwords only with encryption: use LDAPS.")
    match = _CODE.search(message)
    code = match[1].lower() if match else ""
    if code in _REFUSALS:
        return BindRefused(*_REFUSALS[code], code)
    if result == 49:  # invalidCredentials, without a reason: an LDAP service
        return BindRefused(*_REFUSALS["52e"])
    return BindRefused(Refusal.OTHER, f"The directory refuses: {said}", code)


def _quoted(password: str) -> bytes:
    """As AD wants it (MS-ADTS 3.1.1.3.1.5)."""
    return f'"{password}"'.encode("utf-16-le")
