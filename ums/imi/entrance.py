"""The one view behind /umsapi/: finds the handler, knows who calls, and answers in the words of IMI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, IntegrityError
from django.http import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from ums.core.actor import Actor
from ums.core.errors import AppError
from ums.imi.answers import as_json
from ums.imi.authentication import caller
from ums.imi.calls import Call
from ums.imi.endpoints import find
from ums.imi.errors import ImiError, translated

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

log = structlog.get_logger("ums.imi")


@csrf_exempt
@login_not_required
def entrance(request: HttpRequest, path: str | None = None) -> HttpResponseBase:
    """Answer one request. Programs prove who they are with each one, so there is no page to forge it from."""
    try:
        answer = _answer(request, [part for part in (path or "").split("/") if part])
    except ImiError as error:
        return _refusal(error)
    except AppError as error:
        return _refusal(translated(error))
    except IntegrityError:
        # Somebody was quicker between the check of a service and its write.
        log.warning("imi_overtaken", exc_info=True)
        return _refusal(ImiError("0A008", "Duplicate key: somebody else has just written this."))
    except DatabaseError:
        log.exception("imi_database")
        return _refusal(ImiError("FF002", "The database did not answer."))
    except Exception:
        log.exception("imi_defect")
        return _refusal(ImiError("FF001", "Internal error."))
    return answer if isinstance(answer, HttpResponseBase) else as_json(answer)


def _answer(request: HttpRequest, segments: list[str]) -> Any:
    version, *rest = segments or [""]
    if version != "v3":
        raise ImiError("0B006", f"Invalid IMI version <{version[:20]}>: this server speaks v3.")
    try:
        endpoint, places = find(request.method or "", rest)
    except ImiError:
        # Who is not known is not told what there is.
        caller(request)
        raise
    request.user = AnonymousUser() if endpoint.is_open else caller(request)
    return endpoint.handler(Call(request, request.user, Actor.from_request(request)), *places)


def _refusal(error: ImiError) -> HttpResponse:
    response = as_json(error.as_answer(), error.status)
    if error.status == 401:
        response["WWW-Authenticate"] = 'Basic realm="IMI", charset="UTF-8"'
    return response
