"""Where a host that has the network's token asks to be taken in (docs/cluster.md)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec
import structlog
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ha.joining import MAX_BODY
from ha.services.joining import node_join
from ums.core.actor import Actor
from ums.core.errors import AppError
from ums.core.middleware import client_address
from ums.core.throttle import Throttle, network_of

if TYPE_CHECKING:
    from django.http import HttpRequest

log = structlog.get_logger("ha.joining")

failures = Throttle(burst=20, every=6.0)
"""Refused attempts of one address: an honest host tries a few times at most."""


@login_not_required
@csrf_exempt
@require_POST
@never_cache
def join(request: HttpRequest) -> HttpResponse:
    """The network for a host that proves to have its token. Not for people: it needs no session."""
    address = client_address(request)
    network = network_of(address)
    try:
        if seconds := failures.wait(network):
            raise AppError("throttled", f"Too many refused attempts. Try again in {seconds} s.", status=429)
        body = request.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            raise AppError("join_malformed", f"The request has more than {MAX_BODY:,} bytes.", status=413)
        answer = node_join(
            actor=Actor(name="network token", address=address),
            authorization=request.headers.get("Authorization", ""),
            body=body,
        )
    except AppError as error:
        if error.code != "throttled":
            failures.failed(network)
        log.warning("join_refused", code=error.code, address=address)
        return _problem(error)
    return HttpResponse(msgspec.json.encode(answer), content_type="application/json")


def _problem(error: AppError) -> JsonResponse:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.message,
        "code": error.code,
    }
    return JsonResponse(body, status=error.status, content_type="application/problem+json")
