"""The text of API tokens, and finding the row that belongs to one."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from django.utils import timezone

from ums.accounts.models import ApiToken
from ums.core.crypto import digest

if TYPE_CHECKING:
    from datetime import datetime

PREFIX = "ums_"


def token_digest(secret: str) -> str:
    """What is stored of the secret part."""
    return digest("api token", secret)


def find_token(text: str, now: datetime | None = None) -> ApiToken | None:
    """The token of this text with its user, if it is good: known, not expired, not revoked, its user active.

    Unknown keys and wrong secrets take the same time.
    """
    key, _, secret = text.removeprefix(PREFIX).partition(".")
    usable = text.startswith(PREFIX) and 0 < len(key) <= 16 and key.isascii() and key.isalnum() and len(secret) <= 100
    row = ApiToken.objects.select_related("user").filter(key=key).first() if usable else None
    matches = hmac.compare_digest(row.digest if row else "0" * 64, token_digest(secret if usable else ""))
    if row is None or not matches or row.revoked_at is not None or not row.user.is_active:
        return None
    return None if row.expires_at is not None and row.expires_at <= (now or timezone.now()) else row
