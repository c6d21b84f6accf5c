"""Sessions: opened, used, closed, forgotten."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.contrib.auth.models import update_last_login
from django.db import transaction
from django.utils import timezone

from ums.accounts.services import signed_in, signed_out
from ums.imi.models import ImiSession
from ums.imi.sessions import LIFE, NOTED_EVERY, session_digest

if TYPE_CHECKING:
    from ums.accounts.models import User
    from ums.core.actor import Actor


@transaction.atomic
def session_open(*, actor: Actor, user: User) -> str:
    """A session of `user`, who has just given name and password. Returns its id: 32 hexadecimal digits, upper case."""
    session_id = secrets.token_hex(16).upper()
    ImiSession.objects.create(
        digest=session_digest(session_id),
        user=user,
        password=user.get_session_auth_hash(),
        address=actor.address,
        used_at=timezone.now(),
    )
    update_last_login(type(user), user)
    signed_in(actor=actor)
    return session_id


def session_used(*, session: ImiSession) -> None:
    """It lasts another LIFE from now on."""
    now = timezone.now()
    if session.used_at < now - NOTED_EVERY:
        ImiSession.objects.filter(pk=session.pk, used_at__lt=now - NOTED_EVERY).update(used_at=now)


@transaction.atomic
def session_close(*, actor: Actor, session_id: str) -> None:
    """Log out. A session that has ended meanwhile is no matter."""
    if ImiSession.objects.filter(digest=session_digest(session_id)).delete()[0]:
        signed_out(actor=actor)


def sessions_prune() -> int:
    """Forget sessions that have ended. Returns how many. Run by beat; any number of times."""
    return ImiSession.objects.filter(used_at__lt=timezone.now() - LIFE - NOTED_EVERY).delete()[0]
