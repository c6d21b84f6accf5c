"""Linking directory services: what is stored of them, by whom they are trusted, and what goes with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from swp.addresses import MAX_CONTROLLERS, MAX_SUFFIXES, controller_at, domain_name
from swp.certificates import certificates_of
from swp.models import DirectoryCertificate, DirectoryObject, LinkedDirectory, Login, Session
from swp.selectors import devices_reached
from swp.services.administrators import administrators_forget
from swp.services.sessions import sessions_end
from ums.audit.services import changed, record
from ums.core.access import Action, require
from ums.core.crypto import seal
from ums.core.errors import AppError, Conflict
from ums.core.validation import clean
from ums.devices.services import settings_changed, structure_locked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from swp.certificates import Trusted
    from ums.core.actor import Actor

FIELDS = (
    "kind",
    "domain_name",
    "netbios_name",
    "base_dn",
    "controllers",
    "page_size",
    "ldaps",
    "upn_suffixes",
    "browse_user",
)


@transaction.atomic
def directory_link(
    *, actor: Actor, browse_password: str = "", certificates: Iterable[str] = (), **fields: Any
) -> LinkedDirectory:
    """Link a directory service: FIELDS, the password of the browse account, and certificates in PEM.

    Raises NotAllowed, AppError `invalid`, `certificate_invalid`. Nothing is asked of the directory.
    """
    require(actor.user, Action.ADMINISTER)
    directory = LinkedDirectory()
    trusted = _written(directory, fields, browse_password, certificates)
    directory.save(force_insert=True)
    _certificates_set(directory, trusted)
    record(actor=actor, action="linked_directory.added", target=directory, after=_words(directory))
    return directory


@transaction.atomic
def directory_change(
    *,
    actor: Actor,
    directory: LinkedDirectory,
    browse_password: str | None = None,
    certificates: Iterable[str] | None = None,
    **fields: Any,
) -> LinkedDirectory:
    """Change what is given of a linked directory. A password None stays, "" is removed; so do certificates.

    The stored password goes to no controller that it was not stored for: who adds one, or switches LDAPS off, gives it
    again. Raises NotAllowed, AppError `invalid`, `certificate_invalid`, `password_needed`, Conflict `kind_in_use`.
    """
    require(actor.user, Action.ADMINISTER)
    directory = LinkedDirectory.objects.select_for_update().get(pk=directory.pk)
    before, kind, known = _words(directory), directory.kind, _told_to(directory)
    trusted = _written(directory, fields, browse_password, certificates)
    if browse_password is None:
        _require_known(directory, known)
    if kind != directory.kind and DirectoryObject.objects.filter(directory=directory).exists():
        raise Conflict("kind_in_use", "Users of this directory have logged in or have profiles. Link another one.")
    directory.save()
    if trusted is not None:
        _certificates_set(directory, trusted)
    old, new = changed(before, _words(directory))
    if browse_password is not None:
        new["browse_password"] = "set" if browse_password else "removed"
    if new:
        record(actor=actor, action="linked_directory.changed", target=directory, before=old, after=new)
    return directory


@transaction.atomic
def directory_unlink(*, actor: Actor, directory: LinkedDirectory) -> None:
    """Forget a directory with what belongs to it: assignments to its objects, administrators that come from it. Who is
    logged in from it is logged out; the history stays.

    Raises NotAllowed, Conflict `own_account` and `last_superuser` as `user_delete`.
    """
    require(actor.user, Action.ADMINISTER)
    structure_locked()
    directory = LinkedDirectory.objects.select_for_update().get(pk=directory.pk)
    before = _words(directory)
    sessions_end(actor=actor, sessions=Session.objects.filter(user__directory=directory), end=Login.End.ENDED)
    assigned = DirectoryObject.objects.filter(directory=directory, assignments__isnull=False).distinct()
    # Members of its groups may be users of other directories.
    settings_changed(actor=actor, devices=devices_reached(targets=assigned))
    administrators_forget(actor=actor, directory=directory)
    record(actor=actor, action="linked_directory.removed", target=directory, before=before)
    directory.delete()


def directory_drafted(
    *,
    directory: LinkedDirectory | None = None,
    browse_password: str | None = "",
    certificates: Iterable[str] | None = None,
    **fields: Any,
) -> tuple[LinkedDirectory, list[Trusted]]:
    """The row as `directory_link` or `directory_change` would store it, and its certificates: to try a connection out
    before anything is stored. Raises as they do.
    """
    row = LinkedDirectory.objects.get(pk=directory.pk) if directory else LinkedDirectory()
    known = _told_to(row)
    trusted = _written(row, fields, browse_password, certificates)
    if browse_password is None:
        _require_known(row, known)
    stored = [one.pem for one in row.certificates.all()] if trusted is None and row.pk else ()
    return row, certificates_of(stored) if trusted is None else trusted


def _told_to(directory: LinkedDirectory) -> tuple[frozenset[str], bool]:
    """The controllers that a stored password goes to, and whether encrypted."""
    return frozenset(directory.controllers), directory.ldaps


def _require_known(directory: LinkedDirectory, known: tuple[frozenset[str], bool]) -> None:
    """A stored password goes only to where it was stored for. Raises AppError `password_needed`."""
    controllers, ldaps = known
    if directory.sealed_browse_password and (set(directory.controllers) - controllers or ldaps > directory.ldaps):
        words = "Type the password again: it would go to a controller or over a connection that it was not stored for."
        raise AppError("password_needed", words, fields={"browse_password": [words]})


def _written(
    directory: LinkedDirectory, fields: dict[str, Any], password: str | None, certificates: Iterable[str] | None
) -> list[Trusted] | None:
    """Put everything but certificates into the row, checked; the certificates as they are."""
    if unknown := fields.keys() - set(FIELDS):
        raise TypeError(f"not fields of a linked directory: {sorted(unknown)}")
    for name, value in fields.items():
        setattr(directory, name, value.strip() if isinstance(value, str) else value)
    _normalised(directory)
    if not directory.browse_user:
        password = ""
    if password is not None:
        directory.sealed_browse_password = seal(password) if password else ""
    clean(directory)
    return None if certificates is None else certificates_of(certificates)


def _normalised(directory: LinkedDirectory) -> None:
    """Small letters and one form for names; raises AppError `invalid` with what is wrong beside each field."""
    wrong: dict[str, list[str]] = {}
    directory.netbios_name = directory.netbios_name.upper()
    try:
        directory.domain_name = domain_name(directory.domain_name)
        if "." not in directory.domain_name:
            raise ValueError("Write the whole DNS name of the domain: corp.example.com.")
    except ValueError as error:
        wrong["domain_name"] = [str(error)]
    wrong |= _list_of(directory, "controllers", controller_at, MAX_CONTROLLERS)
    wrong |= _list_of(directory, "upn_suffixes", lambda text: domain_name(text.strip().removeprefix("@")), MAX_SUFFIXES)
    if not directory.controllers and "controllers" not in wrong:
        wrong["controllers"] = ["Name at least one controller, or have them looked up with “Resolve…”."]
    other = LinkedDirectory.objects.exclude(pk=directory.pk)
    for suffix in directory.upn_suffixes if "upn_suffixes" not in wrong else ():
        if taken := next((row for row in other if suffix in (row.domain_name, *row.upn_suffixes)), None):
            wrong["upn_suffixes"] = [f"“{suffix}” stands for {taken} already: user@{suffix} must mean one directory."]
    if wrong:
        raise AppError("invalid", " ".join(text for texts in wrong.values() for text in texts), fields=wrong)


def _list_of(directory: LinkedDirectory, name: str, one: Callable[[str], str], most: int) -> dict[str, list[str]]:
    given = getattr(directory, name)
    if not isinstance(given, list) or not all(isinstance(text, str) for text in given):
        return {name: ["A list of texts, please."]}
    if len(given) > most:
        return {name: [f"{most} at most."]}
    wrong, good = [], []
    for text in given:
        try:
            good.append(one(text))
        except ValueError as error:
            wrong.append(str(error))
    setattr(directory, name, list(dict.fromkeys(good)))
    return {name: wrong} if wrong else {}


def _certificates_set(directory: LinkedDirectory, trusted: list[Trusted] | None) -> None:
    wanted = {one.fingerprint: one for one in trusted or ()}
    rows = DirectoryCertificate.objects.filter(directory=directory)
    rows.exclude(fingerprint__in=wanted).delete()
    known = set(rows.values_list("fingerprint", flat=True))
    DirectoryCertificate.objects.bulk_create(
        DirectoryCertificate(
            directory=directory, pem=one.pem, subject=one.subject, fingerprint=fingerprint, not_after=one.not_after
        )
        for fingerprint, one in wanted.items()
        if fingerprint not in known
    )


def _words(directory: LinkedDirectory) -> dict[str, Any]:
    """What the audit log tells; certificates by name, never a password."""
    stored = DirectoryCertificate.objects.filter(directory=directory) if directory.pk else ()
    return {name: getattr(directory, name) for name in FIELDS} | {
        "certificates": [f"{one.subject} ({one.fingerprint})" for one in stored]
    }
