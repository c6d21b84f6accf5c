"""Tokens for programs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests.cast import Cast
from ums.accounts import services
from ums.accounts.models import ApiToken
from ums.audit.models import Event
from ums.core.actor import Actor
from ums.core.errors import AppError


@pytest.fixture
def made(cast: Cast) -> tuple[ApiToken, str]:
    return services.api_token_create(actor=Actor.of(cast.reader), user=cast.reader, name="script")


def ask(token: str, path: str = "devices/", method: str = "GET") -> Any:
    return Client(headers={"authorization": f"Token {token}"}).generic(method, f"/api/v1/{path}", secure=True)


def test_has_the_permissions_of_its_user(cast: Cast, made: tuple[ApiToken, str]) -> None:
    assert [device["name"] for device in ask(made[1]).json()["items"]] == ["Own device"]
    path = f"devices/{cast.things['device'].pk}/"
    assert ask(made[1], path, "DELETE").status_code == 403
    assert ask(made[1], f"devices/{cast.things['elsewhere'].pk}/").status_code == 404


def test_the_secret_is_nowhere(made: tuple[ApiToken, str]) -> None:
    row, text = made
    secret = text.partition(".")[2]
    assert text == f"ums_{row.key}.{secret}"
    assert secret not in str(list(ApiToken.objects.values()) + list(Event.objects.values()))


@pytest.mark.parametrize(
    "change", ["x{}", "{}x", "ums_nobody.{}", "", "ums_", "ums_.", "\xff", "{} {}", "ums_" + "a" * 9999]
)
def test_a_wrong_one_is_refused(made: tuple[ApiToken, str], change: str) -> None:
    response = ask(change.format(*[made[1]] * change.count("{}")))
    assert response.status_code == 401
    assert response.json()["code"] == "invalid_token"
    assert response.headers["WWW-Authenticate"] == "Token"


def test_revoked_expired_or_of_somebody_who_left(cast: Cast, made: tuple[ApiToken, str]) -> None:
    actor = Actor.of(cast.reader)
    _, brief = services.api_token_create(
        actor=actor, user=cast.reader, name="brief", expires_at=timezone.now() + timedelta(hours=1)
    )
    assert ask(brief).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert ask(brief).status_code == 401
    services.api_token_revoke(actor=actor, token=made[0])
    assert ask(made[1]).status_code == 401
    _, third = services.api_token_create(actor=actor, user=cast.reader, name="third")
    services.user_update(actor=cast.actor("root"), user=cast.reader, is_active=False)
    assert ask(third).status_code == 401
    with pytest.raises(AppError):
        services.api_token_create(actor=actor, user=cast.reader, name="past", expires_at=timezone.now())


def test_notes_its_use_once_a_minute(made: tuple[ApiToken, str]) -> None:
    def used() -> Any:
        return ApiToken.objects.get(pk=made[0].pk).last_used_at

    start = timezone.now()
    with time_machine.travel(start, tick=False):
        ask(made[1])
        assert used() == start
    with time_machine.travel(start + timedelta(seconds=50), tick=False):
        ask(made[1])
        assert used() == start
    with time_machine.travel(start + timedelta(seconds=70), tick=False):
        ask(made[1])
        assert used() == start + timedelta(seconds=70)
