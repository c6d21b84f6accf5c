"""Whoever asks too fast is told when to come again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apps.asking import Api
from tests.cast import Cast
from ums.accounts.services import api_token_create
from ums.api import limits
from ums.core.actor import Actor


@pytest.fixture(autouse=True)
def slow(settings: Any) -> Any:
    settings.UMS_API_RATE, settings.UMS_API_BURST = 0.05, 3
    yield
    limits._buckets.clear()


def test_too_many_requests(cast: Cast) -> None:
    root = Api(cast, "root")
    assert [root.get("").status for _ in range(4)] == [200, 200, 200, 429]
    refused: Any = cast.client("root").get("/api/v1/devices/")
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "throttled"
    assert 1 <= int(refused.headers["Retry-After"]) <= 20
    assert Api(cast, "admin").get("").status == 200


def test_each_token_has_its_own(cast: Cast) -> None:
    for _ in range(2):
        _, text = api_token_create(actor=Actor.of(cast.root), user=cast.root, name="t")
        client = cast.client("anonymous")
        asked = [client.get("/api/v1/", headers={"authorization": f"Token {text}"}).status_code for _ in range(4)]
        assert asked == [200, 200, 200, 429]


def test_no_limit(cast: Cast, settings: Any) -> None:
    settings.UMS_API_RATE = 0
    root = Api(cast, "root")
    assert {root.get("").status for _ in range(6)} == {200}
