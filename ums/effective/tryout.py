"""How entrances answer when a write is tried out: a fragment, a document, or the full list as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from rest_framework.response import Response

from ums.core.csvfile import csv_answer
from ums.effective.api import PreviewOut
from ums.effective.preview import HEAD, preview

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase
    from rest_framework.request import Request

NAME = "what-changes.csv"


def answer_page(request: HttpRequest, write: Callable[[], HttpResponse], *, form: str) -> HttpResponseBase:
    """What would change as a fragment, or that the form is not complete. Refusals in JSON go to the editor."""
    found = preview(write, user=request.user)
    answer: HttpResponse = found.answer
    if answer.status_code >= 400 and answer.headers.get("Content-Type", "").startswith("application/json"):
        return answer
    refused = answer.status_code >= 400
    if form == "csv" and not refused:
        return csv_answer(request, NAME, HEAD, found.rows())
    return render(request, "effective/_preview.html", {"preview": found, "refused": refused})


def answer_program(request: Request, write: Callable[[], Response], *, form: str) -> HttpResponseBase:
    """What would change as a document."""
    found = preview(write, user=request.user)
    if form == "csv":
        return csv_answer(request._request, NAME, HEAD, found.rows())
    return Response(PreviewOut(found).data)
