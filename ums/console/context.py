"""What every page of the console knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ums import __version__

if TYPE_CHECKING:
    from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Version and request id, for the frame and for error pages."""
    return {"ums_version": __version__, "request_id": getattr(request, "request_id", "")}
