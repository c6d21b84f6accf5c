"""Reading tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ums.accounts.models import ApiToken
from ums.core.access import Action, limit_of, may

if TYPE_CHECKING:
    from django.db.models import QuerySet


def token_list(*, user: Any) -> QuerySet[ApiToken]:
    """The tokens of `user`, and those of everybody for who manages administrators. A limited token sees itself."""
    rows = ApiToken.objects.select_related("user").prefetch_related("directories")
    if may(user, Action.ADMINISTER):
        return rows
    limit = limit_of(user)
    return rows.filter(user=user.pk) if limit is None or limit.directories is None else rows.filter(pk=limit.token)
