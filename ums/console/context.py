"""What every page of the console knows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from ums import __version__

if TYPE_CHECKING:
    from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Version, request id and the server's clock for all pages; what the frame needs for those that have one.

    `framed`: the page swaps the answer into its own frame (static/js/requests.js says so by X-UMS-Frame).
    """
    context: dict[str, Any] = {
        "ums_version": __version__,
        "request_id": getattr(request, "request_id", ""),
        "server_now_ms": time.time_ns() // 1_000_000,
    }
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        context["messages_url"] = reverse("jobs:messages")
        context["framed"] = request.headers.get("X-UMS-Frame") == "1"
    return context
