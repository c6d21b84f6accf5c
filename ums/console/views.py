"""The frame of the console: start page, refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form came without its token: another tab signed out, or cookies are off."""
    return render(request, "403.html", {"reason": "csrf"}, status=403)
