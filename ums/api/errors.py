"""Refusals as problem details (RFC 9457), the same for every route (docs/api-rules.md §5)."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import set_rollback

from ums.core.errors import AppError
from ums.core.rest import TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTENT_TYPE = "application/problem+json"
GENERAL = "general"
"""The key of messages that belong to no single field."""


class Problem(serializers.Serializer):
    """Why a request was refused. `code` is stable and for programs, `detail` for people."""

    type = serializers.CharField(help_text="The code as a URI, as RFC 9457 wants it.")
    title = serializers.CharField(help_text="The meaning of the status.")
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    fields = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))  # type: ignore[assignment]
    request_id = serializers.CharField(help_text="Also in the log and in the answer's X-Request-Id.")


def exception_handler(exception: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to what a view raised; None for defects, which stay defects (500)."""
    error = as_app_error(exception)
    if error is None:
        return None
    set_rollback()
    request_id = getattr(context.get("request"), "request_id", "")
    return Response(problem(error, request_id), error.status, headers=headers_of(exception), content_type=CONTENT_TYPE)


def problem(error: AppError, request_id: str) -> dict[str, Any]:
    """The body of a refusal."""
    return {
        "type": f"urn:ums:problem:{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.message,
        "code": error.code,
        "fields": error.fields,
        "request_id": request_id,
    }


def as_app_error(exception: Exception) -> AppError | None:
    """Everything that means a refusal as an AppError."""
    match exception:
        case AppError():
            return exception
        case Http404():
            return AppError("not_found", _words(exception) or "There is no such object.", status=404)
        case PermissionDenied():
            return AppError("not_allowed", _words(exception) or "You have no permission for this.", status=403)
        case RequestDataTooBig():
            return AppError("too_large", TooLarge.default_detail, status=TooLarge.status_code)
        case ValidationError():
            fields = dict(_flat(exception.detail, ""))
            told = "; ".join(
                f"{name}: {' '.join(messages)}" if name != GENERAL else " ".join(messages)
                for name, messages in list(fields.items())[:5]
            )
            return AppError("invalid", told, fields=fields)
        case APIException():
            code = exception.get_codes()
            code = code if isinstance(code, str) else exception.default_code
            return AppError(code, str(exception.detail), status=exception.status_code)
    return None


def headers_of(exception: Exception) -> dict[str, str]:
    """What HTTP wants beside the body: how to authenticate, when to come again."""
    found = {}
    if challenge := getattr(exception, "auth_header", None):
        found["WWW-Authenticate"] = challenge
    if wait := getattr(exception, "wait", None):
        found["Retry-After"] = str(max(1, math.ceil(wait)))
    return found


def _words(exception: Exception) -> str:
    return exception.args[0] if exception.args and isinstance(exception.args[0], str) else ""


def _flat(detail: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    """REST framework's nested messages as "targets.0.id": […]."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            name = GENERAL if key == "non_field_errors" else str(key)
            yield from _flat(inner, name if not path else path if name == GENERAL else f"{path}.{name}")
    elif isinstance(detail, list) and any(isinstance(inner, dict | list) for inner in detail):
        for number, inner in enumerate(detail):
            if inner:
                yield from _flat(inner, f"{path}.{number}" if path else str(number))
    else:
        messages = detail if isinstance(detail, list) else [detail]
        yield path or GENERAL, [str(message) for message in messages]
