"""Administrators of linked directories come into the console with their account there.

1. A name says its domain (CORP\\alice, alice@corp.test, any case); one without is local, and so is the name of a local
   account: its password goes to no directory.
2. The directory is asked only if somebody of a linked directory was imported, and once: one bind for each attempt.
3. Wrong passwords of an account count whatever the form of its name and wherever they come from, on all servers: after
   WRONG of them the directory is left alone, so that nobody is locked out there by way of the console.
4. Groups are read again at each sign-in. Who was not imported, nor any of the groups, is not let in.
"""

from __future__ import annotations

from datetime import timedelta
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

import structlog
from axes.models import AccessAttempt
from django.contrib.auth.backends import ModelBackend
from django.db.models import Sum
from django.utils import timezone

from swp.ldap.bind import authenticated
from swp.ldap.directory import connected
from swp.ldap.types import BindRefused, DirectoryUnavailable, Refusal, Service
from swp.linked import workplace_settings
from swp.links import link_of
from swp.models import DirectoryAdministrator, LinkedDirectory
from swp.names import directory_of, parse
from swp.principals import principals_for
from swp.services import administrator_came
from swp.waiting import connection_given_back
from ums.accounts.models import User
from ums.core.actor import Actor
from ums.core.errors import AppError
from ums.domain.principals import PrincipalKind

if TYPE_CHECKING:
    from django.http import HttpRequest

    from swp.ldap.directory import Directory
    from swp.ldap.types import Entry, Link
    from swp.names import LoginName

log = structlog.get_logger("swp.administrators")

WRONG = 3
"""Wrong passwords of one account within FORGOTTEN; directories lock accounts after five, or more."""
FORGOTTEN = timedelta(minutes=15)
LONGEST = 320
"""Letters of a name that can be one: 64 before the @, and a domain."""
AT_ONCE = 16
"""Sign-ins of this process that wait for directories at the same time."""

_GROUPS = frozenset({PrincipalKind.GROUP, PrincipalKind.PRIMARY_GROUP})
_places = BoundedSemaphore(AT_ONCE)


class DirectoryBackend(ModelBackend):
    """Comes after the one of local accounts, and is asked for names of linked domains only."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The administrator; None when it is nobody of a linked directory, or the password is wrong.

        Raises AppError with words for who signs in: `directory_silent`, `directory_busy`, `password_expired`,
        `too_many_wrong`.
        """
        if not username or not password or "\0" in username + password:
            return None
        found = _named(username)
        if found is None or _is_local(username) or not DirectoryAdministrator.objects.filter(imported=True).exists():
            return None
        name, directory = found
        if _wrong_lately(_canonical(name, directory)) >= WRONG:
            minutes = int(FORGOTTEN.total_seconds() / 60)
            raise AppError(
                "too_many_wrong",
                f"Too many wrong passwords: {directory} is not asked again, so that your account is not locked there. "
                f"Try again in {minutes} minutes.",
                status=429,
            )
        told = _asked(directory, name, password)
        if told is None:
            return None
        entry, groups = told
        address = getattr(request, "client_address", "")
        actor = Actor(name=_canonical(name, directory)[:150], address=address)
        return administrator_came(actor=actor, directory=directory, entry=entry, group_keys=groups)


def counted_name(request: Any, credentials: dict[str, Any] | None = None) -> str | None:
    """By what wrong passwords are counted (`AXES_USERNAME_CALLABLE`): one name for all forms of an account's name."""
    given = (credentials or {}).get("username") or (request.POST.get("username") if request is not None else None)
    if not isinstance(given, str):
        return None
    found = _named(given)
    return _canonical(*found)[:255] if found else given


def _named(text: str) -> tuple[LoginName, LinkedDirectory] | None:
    """What a name says that has a domain, with the linked directory; no query for a name without."""
    name = parse(text) if len(text) <= LONGEST else None
    if name is None or not name.domain or not name.account:
        return None
    directory = directory_of(name, LinkedDirectory.objects.all())
    return (name, directory) if directory is not None else None


def _canonical(name: LoginName, directory: LinkedDirectory) -> str:
    account = name.account.rpartition("@")[0] or name.account
    return f"{account.casefold()}@{directory.domain_name}"


def _is_local(username: str) -> bool:
    known = User.objects.filter(username__iexact=username, in_directory__isnull=True)
    return any(user.has_usable_password() for user in known)


def _wrong_lately(name: str) -> int:
    """As all servers count, whatever the address."""
    recent = AccessAttempt.objects.filter(username=name, attempt_time__gt=timezone.now() - FORGOTTEN)
    return recent.aggregate(all=Sum("failures_since_start"))["all"] or 0


def _asked(directory: LinkedDirectory, name: LoginName, password: str) -> tuple[Entry, frozenset[str]] | None:
    """Who it is, and the keys of the groups; None when the directory does not let them in."""
    link = link_of(directory)
    others = _others(directory)
    if not _places.acquire(blocking=False):
        raise AppError("directory_busy", f"Too many sign-ins wait for {directory}. Try again soon.", status=503)
    connection_given_back()
    try:
        return _let_in(link, name, password, others)
    except DirectoryUnavailable as error:
        log.warning("directory_silent", directory=str(directory), why=str(error))
        raise AppError(
            "directory_silent", f"{directory} does not answer. Try again later, or use a local account.", status=503
        ) from None
    except BindRefused as refused:
        log.info("directory_refused", directory=str(directory), why=refused.refusal.value, code=refused.code)
        if refused.refusal is not Refusal.PASSWORD_EXPIRED:
            return None
        words = "Your password has expired. Change it at your computer first."
        raise AppError("password_expired", words, status=403) from None
    finally:
        _places.release()


def _let_in(
    link: Link, name: LoginName, password: str, others: tuple[Link, ...]
) -> tuple[Entry, frozenset[str]] | None:
    """Over the network, one bind. Raises BindRefused, DirectoryUnavailable."""
    entry = None
    if link.browse is not None:
        with connected(link) as opened:
            entry = _found(opened, link, name)
        if entry is None:
            return None
    elif link.service is not Service.AD:
        words = f"{link.domain} needs a browse account before its users can sign in. Tell an administrator."
        raise AppError("no_browse_account", words, status=409)
    account = name.account if "@" in name.account else f"{name.account}@{link.domain}"
    with authenticated(link, entry.dn if entry else account, password) as opened:
        entry = entry or _found(opened, link, name)
        if entry is None:
            return None
        if link.service is not Service.AD:
            return entry, frozenset(str(one.guid) for one in opened.groups_of(entry))
        found = principals_for(link, opened, entry, others)
    return entry, frozenset(one.id for one in found if one.kind in _GROUPS)


def _found(opened: Directory, link: Link, name: LoginName) -> Entry | None:
    """The user; an LDAP service knows no UPNs, so what stands before the @ is the account there."""
    before, at, _ = name.account.rpartition("@")
    return opened.user(before if at and link.service is not Service.AD else name.account)


def _others(directory: LinkedDirectory) -> tuple[Link, ...]:
    """The linked domains whose groups count as well."""
    if not workplace_settings().all_domains:
        return ()
    rows = LinkedDirectory.objects.filter(kind=LinkedDirectory.Kind.AD).exclude(pk=directory.pk)
    return tuple(map(link_of, rows.prefetch_related("certificates")))
