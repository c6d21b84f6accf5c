"""Tokens for programs: `ums_<key>.<secret>`, shown once; the database has a keyed hash of the secret."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ums.accounts.models import ApiToken
from ums.accounts.rights import require_over
from ums.accounts.tokens import PREFIX, token_digest
from ums.audit.services import record
from ums.core.access import Action, require
from ums.core.errors import AppError
from ums.core.validation import clean

if TYPE_CHECKING:
    from datetime import datetime

    from ums.accounts.models import User
    from ums.core.actor import Actor

USE_NOTED_EVERY = timedelta(minutes=1)


@transaction.atomic
def api_token_create(
    *, actor: Actor, user: User, name: str, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A token with the permissions of `user`, and its text, which nobody can see again.

    For oneself, or with `administer` for somebody who may not do more. Raises NotAllowed, AppError `invalid`.
    """
    _require_reach(actor, user)
    if expires_at is not None and expires_at <= timezone.now():
        message = "Choose a time in the future."
        raise AppError("invalid", message, fields={"expires_at": [message]})
    key, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    token = ApiToken(user=user, name=name.strip(), key=key, digest=token_digest(secret), expires_at=expires_at)
    clean(token)
    token.save(force_insert=True)
    record(
        actor=actor,
        action="api_token.created",
        target=token,
        after={"user": user.username, "key": key, "expires_at": expires_at.isoformat() if expires_at else None},
    )
    return token, f"{PREFIX}{key}.{secret}"


@transaction.atomic
def api_token_revoke(*, actor: Actor, token: ApiToken) -> ApiToken:
    """Make a token void at once and for good. Raises NotAllowed."""
    _require_reach(actor, token.user)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        record(
            actor=actor,
            action="api_token.revoked",
            target=token,
            before={"user": token.user.username, "key": token.key},
        )
    return token


def api_token_touch(*, token: ApiToken) -> None:
    """Note that a token was used, at most once in USE_NOTED_EVERY however many servers it is shown to."""
    now = timezone.now()
    before = now - USE_NOTED_EVERY
    if token.last_used_at is None or token.last_used_at < before:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=before)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def _require_reach(actor: Actor, user: User) -> None:
    if actor.user is None or actor.user.pk != user.pk:
        require(actor.user, Action.ADMINISTER)
        require_over(actor.user, user)
