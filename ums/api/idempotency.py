"""`Idempotency-Key`: a request that comes again, because its answer got lost, does nothing twice.

1. The key belongs to who asks: to the token, or to the user of a session. It stands for one request, by its address and
   body, for a day; with another body it is refused.
2. The place of the key is taken in the transaction of the write. So a write that is refused or cut off leaves nothing
   behind and can be asked for again, and of two at once the second waits, and gets the answer of the first.
3. Writes that ask a service elsewhere take no key: nobody waits for others inside a transaction.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from ums.api.limits import holder_of
from ums.api.services import answer_claim, answer_keep
from ums.core.crypto import unseal
from ums.core.errors import AppError

if TYPE_CHECKING:
    from rest_framework.request import Request

    from ums.core.guards import Write
    from ums.core.rest import ApiViewSet

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def once(view: ApiViewSet, request: Request, write: Write) -> Write:
    """The write that is done once for each key. Raises AppError `idempotency_unsupported` and `invalid`."""
    key = request.headers.get(HEADER)
    if key is None or request.method != "POST":
        return write
    if not takes_key(view):
        raise AppError("idempotency_unsupported", f"This takes no {HEADER}. Nothing was done.")
    if not _KEY.fullmatch(key):
        raise AppError("invalid", f"An {HEADER} has 1 to 255 visible characters of ASCII. Nothing was done.")

    def asked_once(request: Request, *args: Any, **kwargs: Any) -> Response:
        found = fingerprint(request)
        with transaction.atomic():
            claimed = answer_claim(holder=holder_of(request), key=key, fingerprint=found)
            if claimed.fingerprint != found:
                text = f"This {HEADER} was used for another request. Take a new one; nothing was done."
                raise AppError("idempotency_key_reused", text, status=422)
            if claimed.status is not None:
                return Response(json.loads(unseal(claimed.body)), claimed.status, headers={REPLAYED: "true"})
            response = write(request, *args, **kwargs)
            answer_keep(claimed=claimed, status=response.status_code, body=_json(response.data))
            return response

    return asked_once


def takes_key(view: Any) -> bool:
    """Whether the action of a view makes something, and asks nobody else for it."""
    return view.action in getattr(view, "makes", ()) and view.action not in view.asks


def fingerprint(request: Request) -> str:
    """Of the address and the body; uploaded files count by their content. Raises what reading a body may raise."""
    data: Any = request.data
    if request.FILES:
        texts = {name: data.getlist(name) for name in data if name not in request.FILES}
        data = [texts, {name: _digest(file) for name, file in request.FILES.items()}]
    return hashlib.sha256(f"{request.get_full_path()}\n{_json(data)}".encode()).hexdigest()


def _digest(file: UploadedFile) -> str:
    hashed = hashlib.sha256()
    for chunk in file.chunks():
        hashed.update(chunk)
    file.seek(0)
    return hashed.hexdigest()


def _json(data: Any) -> str:
    return json.dumps(data, cls=JSONEncoder, sort_keys=True)
