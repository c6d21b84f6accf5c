"""The text of API tokens, and finding the row that belongs to one."""

from __future__ import annotations

import hmac
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from django.utils import timezone

from ums.accounts.models import ApiToken
from ums.core.access import Limit, limit_rights
from ums.core.crypto import digest
from ums.core.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

PREFIX = "ums_"

READING = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND"})
"""Methods of HTTP that change nothing."""

NOTED_EVERY = timedelta(minutes=1)
"""How often a use or a refusal is written down."""


def token_digest(secret: str) -> str:
    """What is stored of the secret part."""
    return digest("api token", secret)


def find_token(text: str, *, address: str, method: str, now: datetime | None = None) -> ApiToken | None:
    """The token of this text, if it is good: known, not expired, not revoked, its user active, and `address` in one of
    its networks. Its `user` has what the token leaves of the user's rights.

    Unknown keys and wrong secrets take the same time. Raises AppError `read_only_token` for a `method` that writes.
    """
    row = _matching(text)
    return None if row is None else _admitted(row, address, method, now or timezone.now())


def token_again(pk: int, *, address: str) -> ApiToken | None:
    """The token that `find_token` has found before and that only reads, if it is still good."""
    row = ApiToken.objects.select_related("user").filter(pk=pk).first()
    return None if row is None else _admitted(row, address, "GET", timezone.now())


def _admitted(row: ApiToken, address: str, method: str, now: datetime) -> ApiToken | None:
    if row.revoked_at is not None or not row.user.is_active:
        return None
    if row.expires_at is not None and row.expires_at <= now:
        return None
    if row.networks and not _is_in(address, row.networks):
        _note_refusal(row, address, now)
        return None
    if row.read_only and method not in READING:
        raise AppError("read_only_token", "This token may only read.", status=403)
    directories = frozenset(row.directories.values_list("pk", flat=True)) if row.limited else None
    bound = row.limited or row.read_only or bool(row.networks) or row.expires_at is not None
    limit_rights(row.user, Limit(directories, row.read_only, lends=not bound, token=row.pk))
    return row


def _matching(text: str) -> ApiToken | None:
    key, _, secret = text.removeprefix(PREFIX).partition(".")
    usable = text.startswith(PREFIX) and 0 < len(key) <= 16 and key.isascii() and key.isalnum() and len(secret) <= 100
    row = ApiToken.objects.select_related("user").filter(key=key).first() if usable else None
    matches = hmac.compare_digest(row.digest if row else "0" * 64, token_digest(secret if usable else ""))
    return row if matches else None


def _is_in(address: str, networks: Iterable[str]) -> bool:
    try:
        client = ip_address(address)
    except ValueError:
        return False
    return any(client in ip_network(network) for network in networks)


def _note_refusal(row: ApiToken, address: str, now: datetime) -> None:
    """For who wonders why it does not work, or who has got hold of it: at most once in NOTED_EVERY."""
    if row.refused_at is None or row.refused_at < now - NOTED_EVERY or row.refused_address != address:
        ApiToken.objects.filter(pk=row.pk).update(refused_at=now, refused_address=address[:64])
