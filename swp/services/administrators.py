"""Administrators from linked directories: importing users and groups, what they may do, and how they come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from swp.ldap.types import ObjectKind
from swp.models import DirectoryAdministrator
from ums.accounts.models import Grant, User
from ums.accounts.services import grant_create, grant_delete, group_delete, user_delete
from ums.audit.services import record
from ums.core.access import EVERYWHERE, Action, require
from ums.core.errors import AppError, Conflict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from swp.ldap.types import Entry
    from swp.models import LinkedDirectory
    from ums.core.actor import Actor

MAX_IMPORTED = 100
"""Users and groups of one import."""


@transaction.atomic
def administrators_import(
    *, actor: Actor, directory: LinkedDirectory, entries: Iterable[Entry], actions: Collection[str] = ()
) -> list[DirectoryAdministrator]:
    """Let users and groups of a directory in, and allow them `actions` everywhere. What is there already gets those.

    Raises NotAllowed (also for more than the actor has), AppError `invalid`, Conflict `name_taken`.
    """
    require(actor.user, Action.ADMINISTER)
    found = list(entries)
    if not found or len(found) > MAX_IMPORTED:
        raise AppError("invalid", f"Choose 1 to {MAX_IMPORTED} users and groups.")
    rows = []
    for entry in found:
        row = _imported(actor, directory, entry)
        for action in actions:
            grant_create(actor=actor, user=row.user, group=row.group, action=action)
        rows.append(row)
    return rows


@transaction.atomic
def administrator_actions_set(
    *, actor: Actor, administrator: DirectoryAdministrator, actions: Collection[str]
) -> DirectoryAdministrator:
    """Make `actions` what is allowed everywhere; grants on directories and denies stay. Raises NotAllowed, AppError
    `invalid`."""
    require(actor.user, Action.ADMINISTER)
    grants = allowed_everywhere(administrator)
    for grant in grants:
        if grant.action not in actions:
            grant_delete(actor=actor, grant=grant)
    for action in set(actions) - {grant.action for grant in grants}:
        grant_create(actor=actor, user=administrator.user, group=administrator.group, action=action)
    return administrator


@transaction.atomic
def administrator_remove(*, actor: Actor, administrator: DirectoryAdministrator) -> None:
    """Let a user or a group in no longer: its account or group here goes, with grants and tokens.

    Raises NotAllowed, Conflict `own_account`, `last_superuser` as `user_delete`.
    """
    require(actor.user, Action.ADMINISTER)
    record(
        actor=actor,
        action="directory_administrator.removed",
        target=administrator,
        before={"dn": administrator.dn, "directory": str(administrator.directory)},
    )
    if administrator.user is not None:
        user_delete(actor=actor, user=administrator.user)
    elif administrator.group is not None:
        group_delete(actor=actor, group=administrator.group)


@transaction.atomic
def administrators_forget(*, actor: Actor, directory: LinkedDirectory) -> None:
    """Remove all administrators that come from a directory. Raises as `administrator_remove`."""
    require(actor.user, Action.ADMINISTER)
    rows = DirectoryAdministrator.objects.filter(directory=directory).select_related("user", "group", "directory")
    for row in rows:
        administrator_remove(actor=actor, administrator=row)


@transaction.atomic
def administrator_came(
    *, actor: Actor, directory: LinkedDirectory, entry: Entry, group_keys: Collection[str]
) -> User | None:
    """The account of a user whom the directory has just let in, member of exactly those imported groups that the
    directory says now. None: neither the user nor one of its groups was imported.

    group_keys: objectGUIDs of the user's groups as text.
    """
    groups = list(
        Group.objects.filter(in_directory__imported=True, in_directory__guid__in=set(group_keys)).order_by("pk")
    )
    row = DirectoryAdministrator.objects.select_related("user").filter(directory=directory, guid=entry.guid).first()
    if not groups and (row is None or not row.imported):
        if row is not None and row.user is not None:
            _groups_set(actor, row.user, groups)
        return None
    if row is None:
        row = _new(directory, entry, imported=False, user=_account(directory, entry))
        record(actor=actor, action="directory_administrator.came", target=row, after={"dn": entry.dn})
    else:
        _seen(row, entry)
    if row.user is None:
        return None
    _groups_set(actor, row.user, groups)
    return row.user if row.user.is_active else None


def allowed_everywhere(administrator: DirectoryAdministrator) -> list[Grant]:
    """The grants that hold everywhere: what the page shows as ticked."""
    own = Grant.objects.filter(user=administrator.user) if administrator.user_id else Grant.objects.none()
    if administrator.group_id:
        own = Grant.objects.filter(group=administrator.group_id)
    return list(own.filter(allow=True, directory=EVERYWHERE))


def user_name(directory: LinkedDirectory, entry: Entry) -> str:
    """How an account from a directory is called here: "alice@corp.test", small letters."""
    return f"{entry.account.casefold()}@{directory.domain_name}"[:150]


def _imported(actor: Actor, directory: LinkedDirectory, entry: Entry) -> DirectoryAdministrator:
    row = DirectoryAdministrator.objects.filter(directory=directory, guid=entry.guid).first()
    if row is not None:
        if not row.imported:
            row.imported = True
            record(actor=actor, action="directory_administrator.imported", target=row, after={"dn": entry.dn})
        _seen(row, entry)
        return row
    if entry.kind is ObjectKind.USER and entry.account:
        row = _new(directory, entry, user=_account(directory, entry))
    elif entry.kind is ObjectKind.GROUP:
        row = _new(directory, entry, group=_group(directory, entry))
    else:
        raise AppError("invalid", f"“{entry.name}” is neither a user nor a group.")
    record(actor=actor, action="directory_administrator.imported", target=row, after={"dn": entry.dn})
    return row


def _new(
    directory: LinkedDirectory,
    entry: Entry,
    *,
    imported: bool = True,
    user: User | None = None,
    group: Group | None = None,
) -> DirectoryAdministrator:
    row = DirectoryAdministrator(directory=directory, guid=entry.guid, imported=imported, user=user, group=group)
    _seen(row, entry)
    return row


def _seen(row: DirectoryAdministrator, entry: Entry) -> None:
    """As the directory shows it now; what is renamed there keeps its name here, which logs and grants know."""
    row.name, row.account, row.dn, row.sid = entry.name[:1000], entry.account[:256], entry.dn, entry.sid
    row.seen_at = timezone.now()
    row.save()


def _account(directory: LinkedDirectory, entry: Entry) -> User:
    name = user_name(directory, entry)
    if User.objects.filter(username__iexact=name).exists():
        raise Conflict(
            "name_taken", f"There is an administrator “{name}” already. Rename or delete that account first."
        )
    user = User(username=name, first_name=entry.name[:150], email=entry.mail[:254])
    user.set_unusable_password()
    user.save(force_insert=True)
    return user


def _group(directory: LinkedDirectory, entry: Entry) -> Group:
    name = f"{entry.name} ({directory.domain_name})"[:150]
    if Group.objects.filter(name=name).exists():
        raise Conflict("name_taken", f"There is a group “{name}” already. Rename or delete that group first.")
    return Group.objects.create(name=name)


def _groups_set(actor: Actor, user: User, groups: Collection[Group]) -> None:
    """Of imported groups those; groups that were made here are left alone."""
    before = {group.pk: group for group in user.groups.filter(in_directory__isnull=False)}
    after = {group.pk: group for group in groups}
    if before.keys() == after.keys():
        return
    user.groups.remove(*(before.keys() - after.keys()))
    user.groups.add(*(after.keys() - before.keys()))
    record(
        actor=actor,
        action="directory_administrator.groups_read",
        target=user,
        before={"groups": sorted(group.name for group in before.values())},
        after={"groups": sorted(group.name for group in after.values())},
    )
