"""Following what happens to the objects that profiles are assigned to: renamed, moved, gone (domain/swp.md §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from swp.models import DirectoryObject, UserAssignment
from swp.services.assignments import user_assignments_remove
from swp.services.objects import objects_seen
from ums.audit.services import record, record_each
from ums.core.access import Action, require

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from swp.ldap.types import Entry
    from swp.models import LinkedDirectory
    from ums.core.actor import Actor


@transaction.atomic
def objects_checked(
    *, actor: Actor, directory: LinkedDirectory, asked: Collection[DirectoryObject], found: Iterable[Entry]
) -> list[DirectoryObject]:
    """Write down what a directory said of its objects: names and places as they are now, and which it does not have
    any more. Returns those that are gone since. To be called with an answer that is whole.
    """
    require(actor.user, Action.USERS)
    seen = objects_seen(directory=directory, entries=found)
    missing = [one for one in asked if one.guid not in seen and one.gone_at is None]
    gone = [one for one in missing if one.directory_id == directory.pk]
    DirectoryObject.objects.filter(pk__in=[one.pk for one in gone]).update(gone_at=timezone.now())
    record_each(
        actor=actor,
        action="directory_object.gone",
        changes=[(one, {"name": one.name, "dn": one.dn, "directory": str(directory)}, None) for one in gone],
    )
    return gone


@transaction.atomic
def orphans_clean(*, actor: Actor, objects: Collection[DirectoryObject]) -> int:
    """Delete the rows of objects that are gone, with what is assigned to them; those that are back stay. Returns how
    many were deleted.

    Needs “users”, and “assign” on the profiles. Raises NotAllowed.
    """
    require(actor.user, Action.USERS)
    rows = DirectoryObject.objects.filter(pk__in=[one.pk for one in objects], gone_at__isnull=False)
    there = list(rows.select_related("directory"))
    assignments = UserAssignment.objects.filter(target__in=there).select_related("profile", "target__directory")
    user_assignments_remove(actor=actor, assignments=list(assignments))
    for one in there:
        before = {"name": one.name, "dn": one.dn, "directory": str(one.directory)}
        record(actor=actor, action="directory_object.cleaned", target=one, before=before)
    rows.filter(sessions__isnull=True).delete()
    return len(there)
