"""The content of a file as an answer: streamed, with its length, whole or one range of it (RFC 9110 §14)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from ums.core.streaming import streamed
from ums.files.store.streams import content_stream, parts_of

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from ums.files.models import FileContent

RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{0,18})")


def content_answer(
    request: HttpRequest, content: FileContent, name: str = "", *, remote: bool = True
) -> HttpResponseBase:
    """The bytes of a content, under `name` for people. Several ranges, or what is none, get the whole; 416 beyond.

    `remote`: ask other servers when it is not here. Raises AppError `content_away`.
    """
    start, end, status = 0, content.size, 200
    if found := RANGE.fullmatch(request.headers.get("Range", "")):
        start = int(found[1])
        end = min(content.size, int(found[2]) + 1) if found[2] else content.size
        if start >= end:
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{content.size}"})
        status = 206
    parts = streamed(request, parts_of(content_stream(content, remote=remote), start, end))
    answer = StreamingHttpResponse(parts, status=status, content_type="application/octet-stream")
    answer["Content-Length"] = str(end - start)
    answer["Accept-Ranges"] = "bytes"
    answer["Cache-Control"] = "no-store"
    if status == 206:
        answer["Content-Range"] = f"bytes {start}-{end - 1}/{content.size}"
    if name:
        answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return answer
