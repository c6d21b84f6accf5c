"""Reading sessions."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from django.utils import timezone

from ums.imi.models import ImiSession
from ums.imi.sessions import LIFE, NOTED_EVERY, session_digest

if TYPE_CHECKING:
    from datetime import datetime


def session_of(session_id: str, now: datetime | None = None) -> ImiSession | None:
    """The session of this id with its user, unless it has ended or the user has another password by now."""
    since = (now or timezone.now()) - LIFE - NOTED_EVERY
    rows = ImiSession.objects.filter(digest=session_digest(session_id), used_at__gte=since)
    row = rows.select_related("user").first()
    if row is None or not hmac.compare_digest(row.password, row.user.get_session_auth_hash()):
        return None
    return row
