"""Trying connections out for administrators, in threads of their own and for a bounded time: no page hangs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, TypeVar

from swp.addresses import domain_name
from swp.ldap.directory import connected
from swp.ldap.probe import probe
from swp.ldap.resolve import controllers_of
from swp.ldap.types import BindRefused, DirectoryUnavailable, Service, Step
from swp.links import link_drafted, link_of
from swp.services.directories import directory_drafted
from swp.waiting import connection_given_back
from ums.core.access import Action, require
from ums.core.errors import AppError, Conflict

if TYPE_CHECKING:
    from collections.abc import Callable

    from swp.ldap.types import Attempt, Link
    from swp.models import LinkedDirectory

    T = TypeVar("T")

AT_ONCE = 4
"""Tries of this process at the same time."""
WAIT = 15.0
"""Seconds; a probe bounds itself to 10."""

_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="directory-try")
_places = BoundedSemaphore(AT_ONCE)


STEPS = {
    Step.NAME: "Name unknown",
    Step.TCP: "Not reached",
    Step.TLS: "Not trusted",
    Step.BIND: "Sign-in refused",
    Step.BASE: "Domain not found",
    Step.DONE: "Reached",
}
"""How far an attempt came, for people."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it. browse: whether the browse account was tried as well. netbios: the domain's, "" when unknown."""

    domain: str
    attempts: tuple[Attempt, ...]
    ldaps: bool
    browse: bool
    netbios: str = ""

    @property
    def lines(self) -> list[tuple[Attempt, str]]:
        """Each attempt with the word for how it ended."""
        return [(one, STEPS[one.step]) for one in self.attempts]

    @property
    def good(self) -> int:
        """Controllers that answered all questions."""
        return sum(one.good for one in self.attempts)


def try_stored(*, user: Any, directory: LinkedDirectory) -> Tried:
    """Ask each controller of a linked directory. Raises NotAllowed, Conflict `busy`, `late`."""
    require(user, Action.ADMINISTER)
    return _tried(link_of(directory))


def try_draft(*, user: Any, directory: LinkedDirectory | None, **given: Any) -> Tried:
    """The same with what stands in a form. Raises as `directory_drafted` too."""
    require(user, Action.ADMINISTER)
    row, trusted = directory_drafted(directory=directory, **given)
    return _tried(link_drafted(row, "".join(one.pem for one in trusted)))


def controllers_found(*, user: Any, domain: str) -> list[str]:
    """The controllers that DNS knows of a domain, as they are stored.

    Raises NotAllowed, AppError `invalid`, `not_resolved`, Conflict `busy`, `late`.
    """
    require(user, Action.ADMINISTER)
    try:
        name = domain_name(domain)
    except ValueError:
        message = "Fill in the domain name first: DNS is asked for its controllers."
        raise AppError("invalid", message, fields={"domain_name": [message]}) from None
    try:
        found = _apart(lambda: controllers_of(name))
    except OSError as error:
        raise AppError("not_resolved", str(error)) from None
    if not found:
        raise AppError("not_resolved", f"DNS knows no controllers of {name}. Write their names yourself.")
    return [f"{one.host}:{one.port}" if one.port else one.host for one in found]


def _tried(link: Link) -> Tried:
    attempts, netbios = _apart(lambda: _asked(link))
    return Tried(link.domain, attempts, link.ldaps, link.browse is not None, netbios)


def _asked(link: Link) -> tuple[tuple[Attempt, ...], str]:
    attempts = probe(link)
    if link.browse is None or link.service is not Service.AD or not any(one.good for one in attempts):
        return attempts, ""
    try:
        with connected(link) as directory:
            return attempts, directory.netbios()
    except (BindRefused, DirectoryUnavailable):
        return attempts, ""


def _apart(work: Callable[[], T]) -> T:
    """Do it in a thread of the pool. The request gives its connection to the database back while it waits."""
    if not _places.acquire(blocking=False):
        raise Conflict("busy", f"{AT_ONCE} connections are being tried already. Try again in a few seconds.")
    connection_given_back()
    future = _threads.submit(work)
    future.add_done_callback(lambda _: _places.release())
    try:
        return future.result(WAIT)
    except Late:
        raise Conflict("late", f"There was no end of it within {WAIT:.0f} s.") from None
