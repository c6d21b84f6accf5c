"""Many writes in one request, each with a result of its own.

Each operation is asked of its own address as if it had come alone: with the same rights, checks, transaction, dry run,
`If-Match` and `Idempotency-Key`, and counted by the same limit. So one that is refused leaves the others as they are.
"""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

import structlog
from asgiref.sync import iscoroutinefunction
from django.core.handlers.wsgi import WSGIRequest
from django.urls import ResolverMatch, resolve
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from ums.api import idempotency, preconditions
from ums.api.errors import problem
from ums.api.models import GivenAnswer
from ums.core.errors import AppError
from ums.core.rest import ApiViewSet, Input

if TYPE_CHECKING:
    from rest_framework.request import Request

log = structlog.get_logger()

BASE = "/api/v1/"
MAX_OPERATIONS = 200
METHODS = ("POST", "PUT", "PATCH", "DELETE")
PER_REQUEST = {"CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_IF_MATCH", "HTTP_IDEMPOTENCY_KEY", "HTTP_TRANSFER_ENCODING"}
"""What the head of the whole request says of itself, and not of the operations in it."""


class OperationInput(Input):
    """One write."""

    method = serializers.ChoiceField(choices=METHODS)
    path = serializers.CharField(max_length=2000, help_text="“devices/12/”, below /api/v1/, with its query.")
    body = serializers.DictField(child=serializers.JSONField(allow_null=True), required=False)
    if_match = serializers.CharField(max_length=1000, required=False, help_text="As the header.")
    idempotency_key = serializers.CharField(max_length=255, required=False, help_text="As the header.")


class BulkInput(Input):
    """Writes, done one after the other."""

    operations = serializers.ListField(child=OperationInput(), allow_empty=False, max_length=MAX_OPERATIONS)


class ResultOut(serializers.Serializer):
    """What one write answered."""

    status = serializers.IntegerField()
    etag = serializers.CharField(help_text="Of the object as it is now; empty where there is none.")
    body = serializers.JSONField(allow_null=True, help_text="As alone: the object, problem details, or null.")


class BulkOut(serializers.Serializer):
    """What came of each, in the order of the request."""

    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    results = ResultOut(many=True)


class BulkViewSet(ApiViewSet):
    """Many writes in one request."""

    queryset = GivenAnswer.objects.none()
    pagination_class = None
    filter_backends: Any = ()
    makes: ClassVar = frozenset()

    @extend_schema(operation_id="bulk", request=BulkInput, responses={207: BulkOut})
    def create(self, request: Request) -> Response:
        """Do many writes, each for itself: one that is refused leaves the others as they are."""
        results = [self._done(one) for one in self.parsed(BulkInput)["operations"]]
        failed = sum(result["status"] >= 400 for result in results)
        body = {"succeeded": len(results) - failed, "failed": failed, "results": results}
        return Response(BulkOut(body).data, status.HTTP_207_MULTI_STATUS)

    def _done(self, operation: dict[str, Any]) -> dict[str, Any]:
        try:
            response = self._asked(operation)
        except AppError as error:
            return self._refused(error)
        except Exception:
            log.exception("bulk_operation_failed", method=operation["method"], path=operation["path"])
            return self._refused(AppError("error", "This server has a defect. It is in its log.", status=500))
        return {"status": response.status_code, "etag": response.headers.get("ETag", ""), "body": response.data}

    def _asked(self, operation: dict[str, Any]) -> Response:
        parts = urlsplit(operation["path"] if operation["path"].startswith("/") else BASE + operation["path"])
        match = resolve(parts.path) if parts.path.startswith(BASE) and not parts.netloc else None
        if match is None or match.view_name == "api:bulk" or iscoroutinefunction(match.func):
            raise AppError("not_found", "No such operation can be part of this.", status=404)
        response = _call(match, self._inner(operation, parts.path, parts.query))
        if not isinstance(response, Response):
            raise AppError("not_acceptable", "What this answers is no JSON: ask for it alone.", status=406)
        return response

    def _inner(self, operation: dict[str, Any], path: str, query: str) -> WSGIRequest:
        """The operation as a request of the same user, from the same address, with the same number."""
        outer: Any = self.request._request
        body = json.dumps(operation.get("body", {}), cls=JSONEncoder).encode()
        environ = {name: value for name, value in outer.META.items() if name not in PER_REQUEST}
        environ |= {
            "REQUEST_METHOD": operation["method"],
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
            "wsgi.url_scheme": outer.scheme,
        }
        for name, header in (("if_match", preconditions.HEADER), ("idempotency_key", idempotency.HEADER)):
            if name in operation:
                environ[f"HTTP_{header.upper().replace('-', '_')}"] = operation[name]
        inner: Any = WSGIRequest(environ)
        inner.user, inner.session = outer.user, getattr(outer, "session", None)
        inner.request_id, inner.client_address = outer.request_id, outer.client_address
        inner._force_auth_user, inner._force_auth_token = self.request.user, self.request.auth
        return inner

    def _refused(self, error: AppError) -> dict[str, Any]:
        return {"status": error.status, "etag": "", "body": problem(error, self.actor.request_id)}


def _call(match: ResolverMatch, request: WSGIRequest) -> Any:
    return match.func(request, *match.args, **match.kwargs)
