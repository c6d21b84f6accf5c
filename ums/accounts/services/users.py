"""Administrators: accounts and passwords. A password goes into its hash and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from ums.accounts.models import User
from ums.accounts.rights import require_over, require_to_lift
from ums.audit.services import changed, record
from ums.core.access import Action, owns, require
from ums.core.errors import AppError, Conflict, NotAllowed
from ums.core.validation import clean

if TYPE_CHECKING:
    from ums.core.actor import Actor

PROPERTIES = ("username", "first_name", "last_name", "email", "is_active", "is_superuser")


@transaction.atomic
def user_create(
    *,
    actor: Actor,
    username: str,
    password: str,
    first_name: str = "",
    last_name: str = "",
    email: str = "",
    is_superuser: bool = False,
) -> User:
    """A new administrator who may do nothing yet. Raises NotAllowed, AppError `invalid`."""
    require(actor.user, Action.ADMINISTER)
    user = User(
        username=username.strip(), first_name=first_name, last_name=last_name, email=email, is_superuser=is_superuser
    )
    _superusers_only(actor, {"is_superuser": is_superuser})
    _set_password(actor, user, password)
    clean(user)
    user.save(force_insert=True)
    record(actor=actor, action="user.created", target=user, after=_properties(user))
    return user


@transaction.atomic
def user_update(*, actor: Actor, user: User, **properties: str | bool) -> User:
    """Change PROPERTIES of an administrator. Raises NotAllowed, AppError `invalid`, Conflict `last_superuser`."""
    require(actor.user, Action.ADMINISTER)
    require_over(actor.user, user)
    if unknown := properties.keys() - set(PROPERTIES):
        raise TypeError(f"not properties of an administrator: {sorted(unknown)}")
    before = _properties(user)
    _superusers_only(actor, {name: value for name, value in properties.items() if value != before[name]})
    for name, value in properties.items():
        setattr(user, name, value.strip() if isinstance(value, str) else value)
    if not (user.is_superuser and user.is_active):
        _keep_a_superuser(user)
    clean(user)
    user.save(update_fields=list(properties))
    old, new = changed(before, _properties(user))
    record(actor=actor, action="user.updated", target=user, before=old, after=new)
    return user


@transaction.atomic
def user_set_password(*, actor: Actor, user: User, password: str) -> User:
    """Set a password: one's own, or that of somebody who may not do more than the actor.

    The other sessions of the user end. Raises NotAllowed, AppError `invalid`.
    """
    if actor.user is None or not owns(actor.user, user.pk):
        require(actor.user, Action.ADMINISTER)
        require_over(actor.user, user)
    _set_password(actor, user, password)
    user.save(update_fields=["password"])
    record(actor=actor, action="user.password_changed", target=user)
    return user


@transaction.atomic
def user_delete(*, actor: Actor, user: User) -> None:
    """Delete an administrator with tokens and grants. Raises NotAllowed, Conflict `own_account`, `last_superuser`."""
    require(actor.user, Action.ADMINISTER)
    require_over(actor.user, user)
    if actor.user is not None and actor.user.pk == user.pk:
        raise Conflict("own_account", "You cannot delete the account that you are signed in with.")
    require_to_lift(actor.user, user.effective_grants())
    _keep_a_superuser(user)
    record(actor=actor, action="user.deleted", target=user, before=_properties(user))
    user.delete()


def _set_password(actor: Actor, user: User, password: str) -> None:
    """Whoever has the machine (the system) answers for the password; people's are checked."""
    if actor.user is not None:
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise AppError("invalid", " ".join(error.messages), fields={"password": list(error.messages)}) from error
    user.set_password(password)


def _superusers_only(actor: Actor, wanted: dict[str, str | bool]) -> None:
    if wanted.get("is_superuser") and actor.user is not None and not actor.user.is_superuser:
        raise NotAllowed("Only superusers may make superusers.")


def _keep_a_superuser(user: User) -> None:
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    was_one = User.objects.filter(pk=user.pk, is_superuser=True, is_active=True).exists()
    if was_one and not others.exists():
        raise Conflict("last_superuser", "This is the last superuser. Make another one first.")


def _properties(user: User) -> dict[str, str | bool]:
    return {name: getattr(user, name) for name in PROPERTIES}
