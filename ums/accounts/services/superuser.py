"""The superuser as who has the machine sets it: name, password, and the end of all that was open with the old ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axes.utils import reset
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction

from ums.accounts.models import User
from ums.accounts.services.users import user_create, user_set_password, user_update
from ums.core.access import Action, require
from ums.core.errors import AppError, Conflict

if TYPE_CHECKING:
    from ums.core.actor import Actor


@transaction.atomic
def superuser_set(*, actor: Actor, current: str = "", name: str = "", password: str = "") -> tuple[User, int]:
    """Give the superuser another name, another password, or both; without any superuser, make one. A lock-out is
    lifted. Returns the superuser and how many sessions have ended; tokens for the API stay.

    `current`: which one, where there are several. Raises NotAllowed, AppError `invalid`, `no_superuser`, Conflict
    `which_superuser`.
    """
    require(actor.user, Action.ADMINISTER)
    user = _which(current)
    if password:
        _require_good(password, user or User(username=name))
    if user is None:
        if not password:
            raise AppError("no_superuser", "There is no superuser yet: give a password for the first one.")
        return user_create(actor=actor, username=name or "admin", password=password, is_superuser=True), 0
    properties: dict[str, str | bool] = {} if user.is_active else {"is_active": True}
    if name and name != user.username:
        properties["username"] = name
    if properties:
        user_update(actor=actor, user=user, **properties)
    if password:
        user_set_password(actor=actor, user=user, password=password)
    reset(username=user.username)
    return user, _end_sessions(user)


def _which(current: str) -> User | None:
    superusers = User.objects.filter(is_superuser=True).order_by("pk")
    if current:
        found = superusers.filter(username=current).first()
        if found is None:
            raise AppError("no_superuser", f"There is no superuser “{current}”.")
        return found
    known = list(superusers)
    if len(known) > 1:
        names = ", ".join(f"“{user.username}”" for user in known)
        raise Conflict("which_superuser", f"There are several superusers: {names}. Say which one: --user.")
    return known[0] if known else None


def _require_good(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise AppError("invalid", " ".join(error.messages), fields={"password": list(error.messages)}) from error


def _end_sessions(user: User) -> int:
    own = [
        session.pk
        for session in Session.objects.iterator()
        if str(session.get_decoded().get(SESSION_KEY)) == str(user.pk)
    ]
    return Session.objects.filter(pk__in=own).delete()[0]
