"""Where other servers of the network fetch contents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from ums.core.errors import AppError
from ums.core.middleware import client_address
from ums.core.throttle import Throttle, network_of
from ums.files.answers import content_answer
from ums.files.models import FileContent
from ums.files.store.passes import pass_holds

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

failures = Throttle(burst=20, every=6.0)
"""Refused passes of one address: a server of the network has none refused."""


@login_not_required
@require_GET
def content_for_server(request: HttpRequest, sha256: str) -> HttpResponseBase:
    """A content that this server has, for who shows a pass for it; a Range is served. Secrets are not given."""
    network = network_of(client_address(request))
    if seconds := failures.wait(network):
        return HttpResponse(status=429, headers={"Retry-After": str(seconds)})
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not pass_holds(given, sha256):
        failures.failed(network)
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="UMS servers"'})
    content = FileContent.objects.filter(pk=sha256, sealed=False).first()
    if content is None:
        return HttpResponse(status=404)
    try:
        return content_answer(request, content, remote=False)
    except AppError:
        return HttpResponse(status=404)
