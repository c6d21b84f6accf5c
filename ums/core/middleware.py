"""What every request gets: an id, the client's address, and AppErrors turned into answers."""

from __future__ import annotations

import uuid
from io import BytesIO
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from whitenoise.middleware import WhiteNoiseMiddleware

from ums.core.errors import AppError
from ums.core.tryout import refuse_unless_previewed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.http import HttpRequest


_balancers: frozenset[str] = frozenset()


def trust_balancers(addresses: Iterable[str]) -> None:
    """Believe these IP addresses, the network's load balancers, beside `UMS_TRUSTED_PROXIES`; replaces earlier ones."""
    global _balancers
    _balancers = frozenset(map(plain_address, addresses))


def is_trusted_proxy(address: str) -> bool:
    """Whether this address is of a proxy that somebody has named (`UMS_TRUSTED_PROXIES`): it may also say which
    certificate a device has shown. The network's own load balancers never say so."""
    address = plain_address(address)
    return _is_address(address) and any(ip_address(address) in network for network in settings.UMS_TRUSTED_PROXIES)


def plain_address(text: str) -> str:
    """An IP address in the one way that addresses are compared in: `::ffff:10.0.0.1`, as a socket for both families
    says it, is 10.0.0.1. What is none stays as it is."""
    try:
        address = ip_address(text)
    except ValueError:
        return text
    return str(getattr(address, "ipv4_mapped", None) or address)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def forwarded_address(peer: str, forwarded_for: str) -> str:
    """The client's address: the last one in X-Forwarded-For that no trusted proxy added, or the peer's.

    What is not an address ends the way back: the client is taken for the proxy that passed it on.
    """
    address = plain_address(peer)
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
    while hops and (address in _balancers or is_trusted_proxy(address)) and _is_address(hops[-1]):
        address = plain_address(hops.pop())
    return address


def client_address(request: HttpRequest) -> str:
    """The address of who sent the request, through trusted proxies only."""
    return forwarded_address(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))


class RequestContextMiddleware:
    """Gives the request an id (also in the answer and in each log line) and the client's address."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        request.request_id = str(uuid.uuid4())  # type: ignore[attr-defined]
        request.client_address = client_address(request)  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.request_id)  # type: ignore[attr-defined]
        if iscoroutinefunction(self):
            return self._asynchronously(request)
        return self._mark(request, self.get_response(request))

    async def _asynchronously(self, request: HttpRequest) -> HttpResponse:
        return self._mark(request, await self.get_response(request))

    @staticmethod
    def _mark(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """Files of the console. They are small, and read at once: an ASGI server cannot stream from a plain file."""

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        """The whole file, or the 304 or range that was asked for."""
        found = static_file.get_response(request.method, request.META)
        with found.file or BytesIO() as file:
            response = HttpResponse(file.read(), status=int(found.status))
        del response["content-type"]
        for name, value in found.headers:
            response[name] = value
        if found.file:
            # The length was read when the server started; a file that was replaced since must not be cut.
            response["Content-Length"] = str(len(response.content))
        return response


class AppErrorMiddleware:
    """An AppError that no view caught becomes a readable page, or for htmx the words of a toast, with its status.

    Forms and addresses with a NUL are refused before their view: PostgreSQL takes none in a text.
    """

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Looks at pages only: what is exempt from CSRF protection is for programs, and checks its own input."""
        if getattr(view, "csrf_exempt", False):
            return None
        try:
            refuse_unless_previewed(request, view)
        except AppError as error:
            return self.process_exception(request, error)
        sent = (value for query in (request.GET, request.POST) for values in query.lists() for value in values[1])
        if any("\0" in value for value in sent):
            return self.process_exception(request, AppError("invalid", "A text must not hold the character NUL."))
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answers AppErrors only; everything else is a defect and stays one."""
        if not isinstance(exception, AppError):
            return None
        if request.headers.get("HX-Request"):
            return JsonResponse({"code": exception.code, "message": exception.message}, status=exception.status)
        return render(request, "error.html", {"error": exception}, status=exception.status)
