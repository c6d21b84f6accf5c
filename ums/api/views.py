"""The schema, its pages for people, and the answer to addresses that do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import IsAuthenticated
from rest_framework.views import APIView

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response


class SchemaView(SpectacularAPIView):
    """OpenAPI 3, for everybody with an account; JSON with `?format=json`."""

    permission_classes = (IsAuthenticated,)


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI from our own static files, without inline scripts and styles."""

    permission_classes = (IsAuthenticated,)
    url_name = "api:schema"
    template_name = "api/docs.html"


class UnknownView(APIView):
    """Everything else below /api/v1/."""

    @extend_schema(exclude=True)
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """404 for all methods, after authentication."""
        self.http_method_names = [request.method.lower()]
        setattr(self, request.method.lower(), self.unknown)
        return super().dispatch(request, *args, **kwargs)

    def unknown(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Says what may be wrong with the address."""
        hint = "" if request.path.endswith("/") else f" Addresses end with a slash: {request.path}/"
        raise Http404(f"There is no such address.{hint}")
