"""How many requests a token, or the user of a session, may send: counted by each server process for itself.

A count that all servers share would cost a write for each request. So a network of three servers takes three times as
much from one token, if its balancer spreads the requests: the limit protects a server, it is no price list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from rest_framework.throttling import BaseThrottle

from ums.accounts.models import ApiToken
from ums.core.throttle import Throttle

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

_buckets: dict[tuple[int, float], Throttle] = {}


class RequestLimit(BaseThrottle):
    """`UMS_API_BURST` requests at once, then `UMS_API_RATE` a second; a rate of 0 is no limit."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Counts the request, unless it is one too many."""
        rate, burst = settings.UMS_API_RATE, settings.UMS_API_BURST
        self._wait = bucket(burst, 1 / rate).take(holder_of(request)) if rate else 0
        return not self._wait

    def wait(self) -> float | None:
        """Seconds, for `Retry-After`."""
        return self._wait


def holder_of(request: Any) -> str:
    """Who asks, as one that is counted and whose keys are told apart: "token:7", "user:3"."""
    kind, row = ("token", request.auth) if isinstance(request.auth, ApiToken) else ("user", request.user)
    return f"{kind}:{row.pk}"


def bucket(burst: int, every: float) -> Throttle:
    """The counts of this process."""
    return _buckets.setdefault((burst, every), Throttle(burst, every))
