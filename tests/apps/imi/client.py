"""A client of IMI: sends the cookie of a session, and reads JSON."""

from __future__ import annotations

from base64 import b64encode
from json import loads
from typing import Any, NamedTuple

from django.test import Client

from tests.factories.accounts import PASSWORD
from ums.accounts.models import User
from ums.core.actor import Actor
from ums.imi.services import session_open


class Answer(NamedTuple):
    """Status and decoded body."""

    status: int
    body: Any

    @property
    def code(self) -> str:
        """The error code; empty for none."""
        return str(self.body.get("errorCode", "")) if isinstance(self.body, dict) else ""


def basic(name: str, password: str = PASSWORD) -> dict[str, str]:
    """The header with name and password."""
    return {"Authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()}


class Imi:
    """`Imi(cast.root).get("thinclients")`; paths are those below /umsapi/v3/. Without a user: nobody."""

    def __init__(self, user: User | None = None) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers: dict[str, str] = {}
        if user is not None:
            self.headers = {"Cookie": f"JSESSIONID={session_open(actor=Actor.of(user), user=user)}"}

    def ask(
        self,
        method: str,
        path: str,
        body: Any = b"",
        *,
        headers: dict[str, str] | None = None,
        content_type: str = "application/json; charset=utf-8",
    ) -> Answer:
        """Send one request; a body that is bytes goes as it is."""
        response: Any = self.client.generic(
            method,
            path if path.startswith("/") else f"/umsapi/v3/{path}",
            data=body if isinstance(body, bytes) else self.client._encode_json(body, "application/json"),  # type: ignore[attr-defined]
            content_type=content_type,
            headers={**self.headers, **(headers or {})},
            secure=True,
        )
        self.client.cookies.clear()
        content = b"".join(response.streaming_content) if response.streaming else response.content
        return Answer(response.status_code, loads(content))

    def get(self, path: str) -> Answer:
        """Read."""
        return self.ask("GET", path)

    def put(self, path: str, body: Any) -> Answer:
        """Create or change."""
        return self.ask("PUT", path, body)

    def post(self, path: str, body: Any = b"") -> Answer:
        """Give a command."""
        return self.ask("POST", path, body)

    def delete(self, path: str) -> Answer:
        """Delete."""
        return self.ask("DELETE", path)
