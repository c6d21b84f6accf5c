"""Signing in again when a session has ended while a page was open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import middleware
from django.http import HttpResponse

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase


class LoginRequiredMiddleware(middleware.LoginRequiredMiddleware):
    """Every page needs a session, unless its view says otherwise."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponseBase:  # type: ignore[override]
        """To the sign-in page and back; htmx would put that page into a corner of the other, so it gets a 401, on
        which requests.js reads the whole page again.
        """
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401)
        return super().handle_no_permission(request, view_func)
