"""Groups of administrators: named sets of grants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group
from django.db import transaction

from ums.accounts.models import Grant, User
from ums.accounts.rights import require_over, require_to_hold, require_to_lift
from ums.audit.services import record
from ums.core.access import Action, require
from ums.core.validation import clean

if TYPE_CHECKING:
    from collections.abc import Collection

    from ums.accounts.rights import GrantRow
    from ums.core.actor import Actor


@transaction.atomic
def group_create(*, actor: Actor, name: str) -> Group:
    """A new group without members and grants. Raises NotAllowed, AppError `invalid`."""
    require(actor.user, Action.ADMINISTER)
    group = Group(name=name.strip())
    clean(group)
    group.save(force_insert=True)
    record(actor=actor, action="group.created", target=group, after={"name": group.name})
    return group


@transaction.atomic
def group_rename(*, actor: Actor, group: Group, name: str) -> Group:
    """Give a group another name. Raises NotAllowed, AppError `invalid`."""
    require(actor.user, Action.ADMINISTER)
    before = {"name": group.name}
    group.name = name.strip()
    clean(group)
    group.save(update_fields=["name"])
    record(actor=actor, action="group.renamed", target=group, before=before, after={"name": group.name})
    return group


@transaction.atomic
def group_members_set(*, actor: Actor, group: Group, users: Collection[User]) -> Group:
    """Make `users` the members. Raises NotAllowed when somebody would gain more than the actor has."""
    require(actor.user, Action.ADMINISTER)
    members = User.objects.filter(groups=group)
    old, new = {user.pk: user for user in members}, {user.pk: user for user in users}
    joining, leaving = new.keys() - old.keys(), old.keys() - new.keys()
    if joining:
        require_to_hold(actor.user, _grants(group))
    if leaving:
        require_to_lift(actor.user, _grants(group))
    for pk in joining | leaving:
        require_over(actor.user, new.get(pk) or old[pk])
    group.user_set.set(new.values())
    before = {"members": sorted(user.username for user in old.values())}
    after = {"members": sorted(user.username for user in new.values())}
    record(actor=actor, action="group.members_changed", target=group, before=before, after=after)
    return group


@transaction.atomic
def group_delete(*, actor: Actor, group: Group) -> None:
    """Delete a group with its grants. Raises NotAllowed, also when its denies take more away than the actor has."""
    require(actor.user, Action.ADMINISTER)
    require_to_lift(actor.user, _grants(group))
    members = sorted(User.objects.filter(groups=group).values_list("username", flat=True))
    record(actor=actor, action="group.deleted", target=group, before={"members": members})
    group.delete()


def _grants(group: Group) -> list[GrantRow]:
    return list(Grant.objects.filter(group=group).values_list("action", "allow", "directory_id"))
