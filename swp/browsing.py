"""How administrators look into linked directories: as whom, and how pages name the objects there.

Without a stored browse account an administrator signs in to the directory first (domain/swp.md §3). The credentials lie
sealed in the session of that administrator for LASTS seconds since they were last used, and end with it.
"""

from __future__ import annotations

import json
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import Http404

from swp.feature import SHARED_WORKPLACE
from swp.ldap.directory import connected
from swp.ldap.types import BindRefused, Credentials, DirectoryUnavailable
from swp.links import link_of
from swp.models import LinkedDirectory
from ums.core.access import Action, require
from ums.core.crypto import seal, unseal
from ums.core.errors import AppError
from ums.core.throttle import Throttle
from ums.features.selectors import is_enabled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from swp.ldap.directory import Directory
    from swp.ldap.types import Attempt, Entry, Link

LASTS = 30 * 60
"""Seconds."""
_TOUCH = 60
"""Seconds between two writes of when credentials were last used."""
_SESSION = "swp_browsing"
ROOT = "root"
"""In place of the objectGUID: the top of the domain."""
KEY = re.compile(rf"([0-9]{{1,18}})-({ROOT}|[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})")
SIGN_INS = Throttle(burst=5, every=60)
"""Refused sign-ins of one administrator: nobody's account gets locked from a console."""


class SignInNeeded(AppError):
    """Nobody is known as whom the directory could be asked."""

    def __init__(self, directory: LinkedDirectory, why: str = "") -> None:
        message = why or f"No browse account is stored for {directory}. Sign in to it to see what it holds."
        super().__init__("directory_sign_in_needed", message, status=409)
        self.directory = directory


class Unreachable(AppError):
    """No controller answers; `attempts` tells of each."""

    def __init__(self, failed: DirectoryUnavailable) -> None:
        super().__init__("directory_unavailable", str(failed), status=503)
        self.attempts: tuple[Attempt, ...] = failed.attempts


@dataclass(frozen=True, slots=True)
class Key:
    """An object as pages name it: “3-root”, or “3-” and its objectGUID. guid: None for the top of the domain."""

    directory: int
    guid: UUID | None

    def __str__(self) -> str:
        return f"{self.directory}-{self.at}"

    @property
    def at(self) -> str:
        """Its part of an address."""
        return str(self.guid or ROOT)


def key_of(text: str) -> Key:
    """Raises Http404."""
    match = KEY.fullmatch(text)
    if match is None:
        raise Http404("This is no object of a linked directory.")
    return Key(int(match[1]), None if match[2] == ROOT else UUID(match[2]))


def require_users(request: Any) -> None:
    """Raises NotAllowed, or Http404 while Shared Workplace is switched off."""
    require(request.user, Action.USERS)
    if not is_enabled(SHARED_WORKPLACE):
        raise Http404("Shared Workplace is switched off under UMS Features.")


def directory_of(pk: int) -> LinkedDirectory:
    """The linked Active Directory. Raises Http404, AppError `directory_not_for_users` for an LDAP service."""
    row = LinkedDirectory.objects.filter(pk=pk).first()
    if row is None:
        raise Http404("This directory is not linked any more.")
    if row.kind != LinkedDirectory.Kind.AD:
        raise AppError(
            "directory_not_for_users",
            f"{row} is no Active Directory. An LDAP service supplies administrators only.",
        )
    return row


@contextmanager
def opened(request: Any, row: LinkedDirectory) -> Iterator[Directory]:
    """The directory, to be asked as the browse account or as whom the administrator signed in there.

    Raises SignInNeeded, Unreachable, AppError `browse_account_refused`.
    """
    link = link_of(row)
    credentials = credentials_for(request, row, link)
    try:
        with connected(link, credentials) as directory:
            yield directory
    except (BindRefused, DirectoryUnavailable) as failed:
        raise refused(request, row, failed) from None


def refused(request: Any, row: LinkedDirectory, failed: BindRefused | DirectoryUnavailable) -> AppError:
    """What to tell of it. Credentials that a directory does not accept are not tried again."""
    if isinstance(failed, DirectoryUnavailable):
        return Unreachable(failed)
    if row.browse_user:
        return AppError(
            "browse_account_refused",
            f"{row} refuses the browse account “{row.browse_user}”: {failed} Correct it under Active Directory / LDAP.",
            status=409,
        )
    forget(request, row)
    return SignInNeeded(row, f"{row} does not accept your sign-in any more: {failed}")


def credentials_for(request: Any, row: LinkedDirectory, link: Link) -> Credentials | None:
    """Those of the administrator; None when the browse account is to be used. Raises SignInNeeded."""
    if link.browse:
        return None
    session = getattr(request, "session", None)
    now = int(time.time())
    if session is None:
        raise SignInNeeded(row)
    kept = session.get(_SESSION, {}).get(str(row.pk))
    if kept is None or now - kept["used"] > LASTS:
        raise SignInNeeded(row)
    if now - kept["used"] > _TOUCH:
        session[_SESSION] = {**session[_SESSION], str(row.pk): {**kept, "used": now}}
    user, password = json.loads(unseal(kept["sealed"]))
    return Credentials(user, password)


def sign_in(request: Any, row: LinkedDirectory, credentials: Credentials) -> None:
    """Try the credentials once, and keep them for this session.

    Raises AppError `directory_refused` with why, `too_many_attempts`, Unreachable.
    """
    name = str(request.user.pk)
    if wait := SIGN_INS.wait(name):
        raise AppError("too_many_attempts", f"Too many refused sign-ins. Try again in {wait} s.", status=429)
    try:
        with connected(link_of(row), credentials):
            pass
    except DirectoryUnavailable as failed:
        raise Unreachable(failed) from None
    except BindRefused as failed:
        SIGN_INS.failed(name)
        raise AppError("directory_refused", f"{row}: {failed}", status=422) from None
    sealed = seal(json.dumps([credentials.user, credentials.password]))
    kept = {"sealed": sealed, "used": int(time.time())}
    request.session[_SESSION] = {**request.session.get(_SESSION, {}), str(row.pk): kept}


def forget(request: Any, row: LinkedDirectory) -> None:
    """Sign out of the directory."""
    session = getattr(request, "session", None)
    if session is not None and str(row.pk) in session.get(_SESSION, {}):
        session[_SESSION] = {pk: kept for pk, kept in session[_SESSION].items() if pk != str(row.pk)}


def signed_in_as(request: Any, row: LinkedDirectory) -> str:
    """The name that the administrator is signed in with; "" without, or where the browse account is used."""
    kept = request.session.get(_SESSION, {}).get(str(row.pk))
    if row.browse_user or kept is None or int(time.time()) - kept["used"] > LASTS:
        return ""
    name: str = json.loads(unseal(kept["sealed"]))[0]
    return name


def entry_at(directory: Directory, guid: UUID | None) -> Entry:
    """The object, or the top of the domain. Raises Http404."""
    found = directory.entry(guid) if guid else next(iter(directory.at([directory.link.base_dn])), None)
    if found is None:
        raise Http404("The directory does not have this object any more, or does not show it to you.")
    return found


def entries_named(request: Any, keys: Iterable[Key]) -> list[tuple[LinkedDirectory, list[Entry]]]:
    """What pages named, by linked directory, as the directories show it now: a few searches for each.

    Raises Http404 when one is gone, SignInNeeded, Unreachable.
    """
    by_directory: dict[int, list[Key]] = {}
    for key in dict.fromkeys(keys):
        by_directory.setdefault(key.directory, []).append(key)
    named = []
    for pk, some in by_directory.items():
        row = directory_of(pk)
        with opened(request, row) as directory:
            guids = [key.guid for key in some if key.guid]
            entries = list(directory.entries(guids)) if guids else []
            if len(guids) < len(some):
                entries.append(entry_at(directory, None))
        if len(entries) < len(some):
            raise Http404("The directory does not have one of these objects any more, or does not show it to you.")
        named.append((row, entries))
    return named
