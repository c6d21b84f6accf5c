"""Every refusal is problem details (RFC 9457)."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.exceptions import Throttled, ValidationError

from tests.apps.asking import Api
from tests.cast import Cast
from ums.api.errors import as_app_error, headers_of


@pytest.mark.parametrize(
    ("method", "path", "data", "content_type", "status", "code"),
    [
        ("GET", "devices/999999999/", "", "", 404, "not_found"),
        ("GET", "devices/99999999999999999999999/", "", "", 404, "not_found"),
        ("GET", "nothing/here/", "", "", 404, "not_found"),
        ("POST", "devices", "{}", "application/json", 404, "not_found"),
        ("POST", "devices/", "{}", "application/json", 405, "method_not_allowed"),
        ("POST", "directories/", "{", "application/json", 400, "parse_error"),
        ("POST", "directories/", "[]", "application/json", 400, "invalid"),
        ("POST", "directories/", "[" * 10_000, "application/json", 400, "parse_error"),
        ("POST", "directories/", "a=b", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        ("DELETE", "sessions/9223372036854775808/", "", "application/json", 404, "not_found"),
    ],
)
def test_refusal(cast: Cast, method: str, path: str, data: str, content_type: str, status: int, code: str) -> None:
    response: Any = cast.client("root").generic(method, f"/api/v1/{path}", data=data, content_type=content_type)
    assert (response.status_code, response.headers["Content-Type"]) == (status, "application/problem+json")
    body = response.json()
    assert body["type"] == f"urn:ums:problem:{code}"
    assert body["code"] == code
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["request_id"] == response.headers["X-Request-Id"]


def test_a_forgotten_slash_is_named(cast: Cast) -> None:
    assert "/api/v1/devices/" in Api(cast, "root").get("devices").body["detail"]


def test_nothing_is_told_without_authentication(cast: Cast) -> None:
    response: Any = cast.client("anonymous").get("/api/v1/nothing/")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Token"


def test_nested_messages_have_paths() -> None:
    detail: Any = {"a": {"b": ["wrong"]}, "list": [{}, {"c": ["bad"]}], "non_field_errors": ["all"]}
    error = as_app_error(ValidationError(detail))
    assert error is not None
    assert error.fields == {"a.b": ["wrong"], "list.1.c": ["bad"], "general": ["all"]}


def test_whoever_must_wait_is_told_how_long() -> None:
    assert headers_of(Throttled(wait=30)) == {"Retry-After": "30"}


def test_defects_stay_defects() -> None:
    assert as_app_error(ZeroDivisionError()) is None


def test_a_huge_body_is_refused(cast: Cast) -> None:
    body = '{"name": "' + "x" * (10 * 2**20) + '"}'
    response: Any = cast.client("root").generic(
        "POST", "/api/v1/directories/", data=body, content_type="application/json"
    )
    assert response.status_code == 413
    assert response.json()["code"] == "too_large"
