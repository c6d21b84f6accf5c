"""Tokens for programs: `ums_<key>.<secret>`, shown once; the database has a keyed hash of the secret."""

from __future__ import annotations

import secrets
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, NoReturn

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ums.accounts.models import ApiToken
from ums.accounts.rights import require_over
from ums.accounts.tokens import NOTED_EVERY, PREFIX, token_digest
from ums.audit.services import record
from ums.core.access import Action, limit_of, owns, require
from ums.core.errors import AppError, NotAllowed
from ums.core.validation import clean

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.db.models import Model

    from ums.accounts.models import User
    from ums.core.actor import Actor

MAX_NETWORKS = 50


@transaction.atomic
def api_token_create(
    *,
    actor: Actor,
    user: User,
    name: str,
    expires_at: datetime | None = None,
    read_only: bool = False,
    directories: Collection[Model] | None = None,
    networks: Collection[str] = (),
) -> tuple[ApiToken, str]:
    """A token with the permissions of `user`, and its text, which nobody can see again.

    Limits: `read_only`, the subtrees of `directories` (None: no limit), `networks` in CIDR that it may come from (none:
    any). For oneself, or with `administer` for somebody who may not do more. Raises NotAllowed, AppError `invalid`.
    """
    _require_reach(actor, user)
    limit = limit_of(actor.user) if actor.user is not None else None
    if limit is not None and not limit.lends:
        raise NotAllowed("A token that expires or is limited cannot make tokens: they would reach further.")
    if expires_at is not None and expires_at <= timezone.now():
        _refuse("expires_at", "Choose a time in the future.")
    if directories is not None and not directories:
        _refuse("directories", "Name at least one directory, or do not limit the token to any.")
    key, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    token = ApiToken(
        user_id=user.pk,
        name=name.strip(),
        key=key,
        digest=token_digest(secret),
        expires_at=expires_at,
        read_only=read_only,
        limited=directories is not None,
        networks=_networks(networks),
    )
    clean(token)
    token.save(force_insert=True)
    token.directories.set([row.pk for row in directories or ()])
    record(actor=actor, action="api_token.created", target=token, after=_words(token))
    return token, f"{PREFIX}{key}.{secret}"


def _networks(given: Collection[str]) -> list[str]:
    """In one way of writing. Raises AppError `invalid`."""
    if len(given) > MAX_NETWORKS:
        _refuse("networks", f"{MAX_NETWORKS} networks at most.")
    found = []
    for text in given:
        try:
            found.append(str(ip_network(text.strip(), strict=False)))
        except ValueError:
            _refuse("networks", f"“{text[:50]}” is no network. Write it as 10.1.0.0/16 or 2001:db8::/32.")
    return list(dict.fromkeys(found))


def _refuse(field: str, message: str) -> NoReturn:
    raise AppError("invalid", message, fields={field: [message]})


def _words(token: ApiToken) -> dict[str, Any]:
    """For the audit log."""
    return {
        "user": token.user.username,
        "key": token.key,
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
        "read_only": token.read_only,
        "directories": [str(row) for row in token.directories.all()] if token.limited else None,
        "networks": token.networks,
    }


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


def api_token_touch(*, token: ApiToken, address: str = "") -> None:
    """Note that a token was used, at most once in NOTED_EVERY however many servers it is shown to."""
    now = timezone.now()
    before = now - NOTED_EVERY
    if token.last_used_at is None or token.last_used_at < before:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=before)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now, last_used_address=address[:64])


def _require_reach(actor: Actor, user: User) -> None:
    if actor.user is None or not owns(actor.user, user.pk):
        require(actor.user, Action.ADMINISTER)
        require_over(actor.user, user)
