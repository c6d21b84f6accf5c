"""Network tokens: made, revoked, and looked at when somebody wants to join.

The join secret of a token follows from its number and the master key: the database alone lets nobody join.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from ha import token as file
from ha.models import NetworkToken
from ha.registry import issuer
from ha.services.nodes import network_ensure
from ums import __version__
from ums.audit.services import record
from ums.core.crypto import digest
from ums.core.errors import AppError, NotAllowed
from ums.core.validation import clean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from ums.core.actor import Actor

DAYS = 30
"""How long a token is good for unless told."""

MAX_DAYS = 3650


@transaction.atomic
def token_create(
    *,
    actor: Actor,
    servers: Sequence[str],
    days: int = DAYS,
    passphrase: str = "",
    revoke_others: bool = False,
) -> tuple[NetworkToken, str]:
    """A token for hosts to join, and the text of its file. `servers`: “host:port” where the network is reached.

    Raises NotAllowed, AppError `invalid`, `token_servers` (none that other hosts can reach).
    """
    _require_superuser(actor)
    if not 0 < days <= MAX_DAYS:
        raise AppError("invalid", f"A network token is good for 1 to {MAX_DAYS} days.")
    if not servers:
        raise AppError("token_servers", "No server has an address that other hosts can reach. Name one.")
    network = network_ensure()
    if revoke_others:
        for older in NetworkToken.objects.select_for_update().filter(revoked_at=None):
            token_revoke(actor=actor, token=older)
    row = NetworkToken(author_name=actor.name[:150], expires_at=timezone.now() + timedelta(days=days))
    row.digest = _digest_of(row.pk)
    clean(row)
    row.save(force_insert=True)
    authority = issuer()
    text = file.write(
        file.Token(
            id=row.pk,
            network=network.pk,
            authority=authority.authority(),
            secret=_secret_of(row.pk),
            servers=tuple(servers[: file.MAX_SERVERS]),
            expires=row.expires_at,
            version=__version__,
        ),
        sign=authority.sign,
        passphrase=passphrase,
    )
    record(
        actor=actor,
        action="network_token.created",
        target=row,
        after={"expires_at": row.expires_at.isoformat(), "servers": list(servers), "passphrase": bool(passphrase)},
    )
    return row, text


@transaction.atomic
def token_revoke(*, actor: Actor, token: NetworkToken) -> NetworkToken:
    """Nobody joins by this token any more. Raises NotAllowed."""
    _require_superuser(actor)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        record(actor=actor, action="network_token.revoked", target=token)
    return token


def token_secret(*, id: UUID) -> tuple[NetworkToken, str]:
    """A token's row and join secret. Raises AppError `token_foreign` when it is not of this network."""
    row = NetworkToken.objects.filter(pk=id).first()
    if row is None or row.digest != _digest_of(id):
        raise AppError("token_foreign", "The token is not of this network.", status=401)
    return row, _secret_of(id)


def token_check(*, token: NetworkToken) -> None:
    """Whether one may still join by it. Raises AppError `token_revoked`, `token_expired`."""
    if token.revoked_at is not None:
        raise AppError("token_revoked", f"The token was revoked on {token.revoked_at:%Y-%m-%d %H:%M} UTC.", status=403)
    if token.expires_at <= timezone.now():
        raise AppError("token_expired", f"The token expired on {token.expires_at:%Y-%m-%d %H:%M} UTC.", status=403)


def _secret_of(id: UUID) -> str:
    return digest("network join secret", str(id))


def _digest_of(id: UUID) -> str:
    return digest("network token", _secret_of(id))


def _require_superuser(actor: Actor) -> None:
    """Who has a token can get the master key by it."""
    if actor.user is not None and not (actor.user.is_superuser and actor.user.is_active):
        raise NotAllowed("Only superusers deal with network tokens.")
