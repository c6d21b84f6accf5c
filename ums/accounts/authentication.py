"""How programs prove who they are: `Authorization: Token ums_<key>.<secret>`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied

from ums.accounts.services import api_token_touch
from ums.accounts.tokens import find_token
from ums.core.errors import AppError

if TYPE_CHECKING:
    from rest_framework.request import Request

    from ums.accounts.models import ApiToken, User

KEYWORD = "Token"


class ApiTokenAuthentication(BaseAuthentication):
    """Takes API tokens. A wrong one is refused without saying what is wrong with it; other schemes are not ours."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The user and the token, or None without our header.

        Raises AuthenticationFailed (401), PermissionDenied (403) for a write with a token that may only read.
        """
        keyword, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if keyword.casefold() != KEYWORD.casefold():
            return None
        address = getattr(request, "client_address", "")
        try:
            token = find_token(text.strip(), address=address, method=request.method or "")
        except AppError as error:
            raise PermissionDenied(error.message, error.code) from error
        if token is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked. Make a new one.", "invalid_token")
        api_token_touch(token=token, address=address)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Makes refusals 401, as RFC 9110 wants it."""
        return KEYWORD


class ApiTokenScheme(OpenApiAuthenticationExtension):
    """Names the header in the OpenAPI schema."""

    target_class = ApiTokenAuthentication
    name = "ApiToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """See the OpenAPI specification, Security Scheme Object."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token ums_…`, as `ums api-token NAME` prints it.",
        }
