"""Grants: what administrators and groups may do where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from ums.accounts.models import Grant
from ums.accounts.rights import require_to_hold, require_to_lift
from ums.audit.services import record
from ums.core.access import Action, require
from ums.core.errors import AppError
from ums.core.validation import clean

if TYPE_CHECKING:
    from django.contrib.auth.models import Group
    from django.db.models import Model

    from ums.accounts.models import User
    from ums.core.actor import Actor


@transaction.atomic
def grant_create(
    *,
    actor: Actor,
    user: User | None = None,
    group: Group | None = None,
    action: str,
    allow: bool = True,
    directory: Model | None = None,
) -> Grant:
    """Allow or deny `action` to a user or a group, in the subtree of `directory` (None: everywhere).

    The same again changes nothing. Raises NotAllowed (also for more than the actor has), AppError `invalid`.
    """
    require(actor.user, Action.ADMINISTER)
    if action not in Action.values:
        message = f"Choose one of {', '.join(Action.values)}."
        raise AppError("invalid", message, fields={"action": [message]})
    if (user is None) == (group is None):
        raise AppError("invalid", "A grant is for one administrator or for one group.")
    require_to_hold(actor.user, [(action, allow, directory.pk if directory else None)])
    sides: dict[str, Any] = {
        "user": user,
        "group": group,
        "action": action,
        "allow": allow,
        "directory_id": directory.pk if directory else None,
    }
    if known := Grant.objects.filter(**sides).first():
        return known
    grant = Grant(**sides)
    clean(grant)
    grant.save(force_insert=True)
    record(actor=actor, action="grant.created", target=grant, name=_holder(grant), after=_words(grant))
    return grant


@transaction.atomic
def grant_delete(*, actor: Actor, grant: Grant) -> None:
    """Take a grant back. Raises NotAllowed, also when a deny goes that takes more away than the actor has."""
    require(actor.user, Action.ADMINISTER)
    require_to_lift(actor.user, [(grant.action, grant.allow, grant.directory_id)])
    record(actor=actor, action="grant.deleted", target=grant, name=_holder(grant), before=_words(grant))
    grant.delete()


def _holder(grant: Grant) -> str:
    return str(grant.user or grant.group)


def _words(grant: Grant) -> dict[str, Any]:
    return {
        "action": grant.action,
        "allow": grant.allow,
        "holder": "group" if grant.group_id else "user",
        "directory": str(grant.directory) if grant.directory_id else "everywhere",
        "directory_id": grant.directory_id,
    }
