"""`If-Match`: a write is done only while its object is as the writer saw it (docs/api.md §5).

The tag is compared in the transaction of the write, behind the locks: of two writers with the same tag one wins, and
one who writes in the console at the same moment is either seen or waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils.http import parse_etags
from rest_framework.mixins import RetrieveModelMixin

from ums.core.errors import AppError
from ums.core.representation import tag_of
from ums.devices.services import structure_locked

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response

    from ums.core.guards import Write
    from ums.core.rest import ApiViewSet

HEADER = "If-Match"


def matched(view: ApiViewSet, request: Request, write: Write) -> Write:
    """The write that first compares tags.

    Raises AppError `precondition_unsupported` where there is no tag to compare, and `precondition_required` (428) where
    the installation wants one (`UMS_API_IF_MATCH`).
    """
    reader, given = reader_of(view), request.headers.get(HEADER)
    if given is None:
        if settings.UMS_API_IF_MATCH == "required" and reader == view.reader != "":
            text = f"Read the object first, and send its ETag as {HEADER}. Nothing was done."
            raise AppError("precondition_required", text, status=428)
        return write
    if not reader:
        raise AppError("precondition_unsupported", f"This takes no {HEADER}. Nothing was done.")

    def compared(request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            structure_locked()
            if isinstance(view, RetrieveModelMixin):
                row = view.get_object()
                list(type(row)._base_manager.select_for_update(no_key=True).filter(pk=row.pk).values_list("pk"))
            tags = parse_etags(given)
            current = tag_of(_read(view, reader, request, *args, **kwargs), view.volatile)
            if "*" not in tags and current not in tags:
                text = "Somebody has changed this since you read it. Read it again, and decide again."
                raise AppError("precondition_failed", text, status=412)
            return write(request, *args, **kwargs)

    return compared


def reader_of(view: Any) -> str:
    """The action whose answer a write is compared with: that of the same address, or that of the object; "" without."""
    if view.action in view.asks:
        return ""
    if view.reader in view.tagged:
        return str(view.reader)
    return (
        "retrieve" if getattr(view, "detail", False) and "retrieve" in view.tagged and hasattr(view, "retrieve") else ""
    )


def _read(view: Any, reader: str, request: Request, *args: Any, **kwargs: Any) -> Any:
    action, view.action = view.action, reader
    try:
        return getattr(view, reader)(request, *args, **kwargs).data
    finally:
        view.action = action
