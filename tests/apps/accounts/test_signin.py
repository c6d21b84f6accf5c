"""Signing in, being locked out, signing out, changing one's password."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import Cast
from tests.factories import PASSWORD
from ums.audit.models import Event

LOGIN = "accounts:login"


@pytest.fixture
def browser() -> Client:
    client = Client(headers={"host": "localhost"})
    client.defaults["wsgi.url_scheme"] = "https"
    return client


def sign_in(browser: Client, username: str, password: str = PASSWORD) -> Any:
    return browser.post(reverse(LOGIN), {"username": username, "password": password})


def actions() -> list[tuple[str, str]]:
    found = Event.objects.filter(action__startswith="user.").order_by("id")
    return list(found.values_list("action", "object_name"))


def test_in_and_out(cast: Cast, browser: Client) -> None:
    assert browser.get(reverse(LOGIN)).status_code == 200
    assert sign_in(browser, "reader").status_code == 302
    assert browser.get("/api/v1/devices/").status_code == 200
    assert browser.get(reverse("accounts:logout")).status_code == 405
    assert browser.post(reverse("accounts:logout")).status_code == 302
    assert browser.get("/api/v1/devices/").status_code == 401
    assert actions() == [("user.signed_in", "reader"), ("user.signed_out", "reader")]
    assert Event.objects.filter(action="user.signed_in", address="127.0.0.1").exists()


def test_lockout_after_five_failures(cast: Cast, browser: Client) -> None:
    statuses = [sign_in(browser, "reader", "wrong").status_code for _ in range(6)]
    assert statuses == [200, 200, 200, 200, 429, 429]
    assert sign_in(browser, "reader").status_code == 429, "the right password does not help either"
    assert sign_in(browser, "admin").status_code == 302, "others are not locked"
    told = [action for action, name in actions() if name == "reader"]
    assert told[:4] == ["user.sign_in_failed"] * 4
    assert set(told[4:]) == {"user.locked_out"}
    assert "wrong" not in str(list(Event.objects.values()))


def test_nobody_is_sent_elsewhere(cast: Cast, browser: Client) -> None:
    response = browser.post(
        f"{reverse(LOGIN)}?next=https://elsewhere.invalid/", {"username": "reader", "password": PASSWORD}
    )
    assert "elsewhere" not in response.headers["Location"]


def test_change_of_ones_own_password_ends_other_sessions(cast: Cast, browser: Client) -> None:
    other = Client(headers={"host": "localhost"})
    other.defaults["wsgi.url_scheme"] = "https"
    for one in (browser, other):
        sign_in(one, "reader")
    new = "tangerine lighthouse 9"
    body = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert browser.post(reverse("accounts:password_change"), {**body, "old_password": "x"}).status_code == 200
    assert browser.post(reverse("accounts:password_change"), body).status_code == 302
    assert browser.get("/api/v1/devices/").status_code == 200
    assert other.get("/api/v1/devices/").status_code == 401
    assert "lighthouse" not in str(list(Event.objects.values()))
