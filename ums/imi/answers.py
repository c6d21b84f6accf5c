"""Answers in JSON."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpResponse

JSON = "application/json;charset=utf-8"


def as_json(value: Any, status: int = 200) -> HttpResponse:
    """A whole answer."""
    response = HttpResponse(msgspec.json.encode(value), status=status, content_type=JSON)
    response["Cache-Control"] = "no-store"
    return response
