"""Answers to htmx requests: what the page does next stands in headers (templates/components/dialog.html)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Iterable


def done(
    text: str = "",
    *,
    detail: str = "",
    level: str = "success",
    undo: str = "",
    changed: Iterable[str] = (),
    redirect: str = "",
) -> HttpResponse:
    """The action is done: close the dialog, tell `text` in a toast (with *Undo* if `undo` names a URL to POST to), and
    let the regions that show what `changed` read themselves again; or go to `redirect`.
    """
    events: dict[str, Any] = {"ums:close": {}}
    if text:
        toast = {"text": text, "detail": detail, "level": level}
        events["ums:toast"] = {**toast, "undo": {"url": undo}} if undo else toast
    if what := list(changed):
        events["ums:changed"] = {"what": what}
    response = HttpResponse(status=204)
    response["HX-Trigger"] = json.dumps(events)
    if redirect:
        location = {"path": redirect, "target": "#page", "select": "#page", "swap": "outerHTML"}
        response["HX-Location"] = json.dumps(location)
    return response
