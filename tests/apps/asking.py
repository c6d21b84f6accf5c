"""Asking the API as one of the cast."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import transaction

from tests.cast import ROLES, Cast

BASE = "/api/v1/"


class Answer(NamedTuple):
    """Status and decoded body (None: no body)."""

    status: int
    body: Any


class Api:
    """`api("admin").get("devices/", limit=5)`; paths are those below /api/v1/."""

    def __init__(self, cast: Cast, role: str) -> None:
        self.client = cast.client(role)

    def ask(self, method: str, path: str, body: Any = None, /, **query: Any) -> Answer:
        """Send one request. A defect (500) is raised, as the test client does."""
        address = path if path.startswith("/") else BASE + path
        response: Any = self.client.generic(
            method,
            address,
            data=self.client._encode_json(body, "application/json") if body is not None else b"",  # type: ignore[attr-defined]
            content_type="application/json",
            query_params=query,
        )
        assert response.status_code != 301, address
        json = response.headers.get("Content-Type", "").partition(";")[0].endswith("json")
        return Answer(response.status_code, response.json() if json and response.content else None)

    def get(self, path: str, /, **query: Any) -> Answer:
        """Read."""
        return self.ask("GET", path, **query)

    def post(self, path: str, body: Any = None, **query: Any) -> Answer:
        """Create or act."""
        return self.ask("POST", path, body, **query)

    def patch(self, path: str, body: Any) -> Answer:
        """Change."""
        return self.ask("PATCH", path, body)

    def put(self, path: str, body: Any) -> Answer:
        """Replace."""
        return self.ask("PUT", path, body)

    def delete(self, path: str, **query: Any) -> Answer:
        """Delete."""
        return self.ask("DELETE", path, **query)

    def names(self, path: str, **query: Any) -> list[str]:
        """The names on the first page."""
        status, body = self.get(path, **query)
        assert status == 200, body
        return [item["name"] for item in body["items"]]


def each(cast: Cast, method: str, path: str, body: Any = None) -> dict[str, int]:
    """The status that each of the five gets, in transactions of their own that are undone."""
    found = {}
    for role in ROLES:
        with transaction.atomic():
            found[role] = Api(cast, role).ask(method, path, body).status
            transaction.set_rollback(True)
    return found


def expected(text: str) -> dict[str, int]:
    """`"200 200 403 404 401"` by role."""
    return dict(zip(ROLES, map(int, text.split()), strict=True))


def text(response: Any) -> str:
    """The page, which must be there."""
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())
