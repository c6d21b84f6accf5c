"""Signing in and out, lockout, passwords, ended sessions, and the pages that say what went wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from tests.cast import Cast
from tests.factories import PASSWORD
from ums.audit.models import Event

LOGIN = "/webapp/login/"
START = "/webapp/"
LIMIT = settings.AXES_FAILURE_LIMIT


def visitor(address: str = "192.0.2.1", **options: Any) -> Client:
    """A browser that nobody signed in with."""
    client = Client(headers={"host": "localhost"}, REMOTE_ADDR=address, **options)
    client.raise_request_exception = False
    return client


def sign_in(client: Client, username: str = "admin", password: str = PASSWORD, **data: str) -> Any:
    """Send the sign-in form over TLS."""
    return client.post(LOGIN, {"username": username, "password": password, **data}, secure=True)


def actions() -> list[str]:
    """Kinds of events, oldest first."""
    return list(Event.objects.order_by("pk").values_list("action", flat=True))


def test_signing_in_leads_back_to_where_one_wanted(cast: Cast) -> None:
    client = visitor()
    asked = client.get("/webapp/audit/?f=who:anna", secure=True)
    assert asked["Location"] == f"{LOGIN}?next=/webapp/audit/%3Ff%3Dwho%3Aanna"
    assert sign_in(client, next="/webapp/audit/?f=who:anna")["Location"] == "/webapp/audit/?f=who:anna"
    assert actions()[-1] == "user.signed_in"
    assert client.get(LOGIN, secure=True).status_code == 302, "nobody signs in twice"


def test_signing_in_leads_to_no_other_host(cast: Cast) -> None:
    assert sign_in(visitor(), next="https://example.com/")["Location"] == START


def test_cookies_are_kept_from_scripts_other_sites_and_plain_http(cast: Cast) -> None:
    client = visitor()
    client.get(LOGIN, secure=True)
    sign_in(client)
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        cookie = client.cookies[name]
        assert cookie["secure"] and cookie["httponly"] and cookie["samesite"] == "Lax", name


def test_a_new_session_begins_with_signing_in(cast: Cast) -> None:
    client = visitor()
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    sign_in(client)
    assert client.session.session_key != planted


@pytest.mark.parametrize("username", ["admin", "nobody"])
def test_a_wrong_sign_in_does_not_tell_what_was_wrong(cast: Cast, username: str) -> None:
    answer = sign_in(visitor(), username, "wrong password")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Please enter a correct username and password" in page
    assert "wrong password" not in page
    assert actions()[-1] == "user.sign_in_failed"


def test_too_many_failures_lock_the_name_for_this_address_only(cast: Cast) -> None:
    attacker = visitor("192.0.2.66")
    statuses = [sign_in(attacker, "admin", "wrong").status_code for _ in range(LIMIT)]
    assert statuses == [200] * (LIMIT - 1) + [429]
    locked = sign_in(attacker, "admin", PASSWORD)
    assert locked.status_code == 429 and "locked" in locked.content.decode()
    assert actions()[-1] == "user.locked_out"
    assert sign_in(visitor("192.0.2.66"), "reader").status_code == 302, "others at the same address come in"
    assert sign_in(visitor("192.0.2.1"), "admin").status_code == 302, "and the same one from elsewhere"


def test_a_good_sign_in_forgets_the_failures(cast: Cast) -> None:
    client = visitor()
    for _ in range(2):
        for _ in range(LIMIT - 1):
            assert sign_in(client, "admin", "wrong").status_code == 200
        assert sign_in(client, "admin").status_code == 302
        client.post("/webapp/logout/", secure=True)


def test_signing_out_ends_the_session_and_needs_a_click(cast: Cast) -> None:
    client = visitor()
    sign_in(client)
    assert client.get("/webapp/logout/", secure=True).status_code == 405
    key = client.session.session_key
    assert client.post("/webapp/logout/", secure=True)["Location"] == LOGIN
    assert not Session.objects.filter(session_key=key).exists()
    assert actions()[-1] == "user.signed_out"


def test_a_new_password_ends_the_other_sessions(cast: Cast) -> None:
    here, there = visitor(), visitor()
    sign_in(here)
    sign_in(there)
    new = "another horse and another battery"
    url = reverse("accounts:password_change")
    answer = here.post(url, {"old_password": PASSWORD, "new_password1": new, "new_password2": new}, secure=True)
    assert answer["Location"] == START
    assert here.get("/webapp/search", secure=True).status_code == 200
    assert there.get("/webapp/search", secure=True).status_code == 302
    assert actions()[-1] == "user.password_changed"
    assert new not in json.dumps(list(Event.objects.values("before", "after", "comment")))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"old_password": "wrong"}, "entered incorrectly"),
        ({"new_password1": "short", "new_password2": "short"}, "at least 12 characters"),
        ({"new_password2": "different from the other"}, "match"),
    ],
)
def test_a_bad_password_is_told_beside_the_field(cast: Cast, data: dict[str, str], reason: str) -> None:
    client = cast.client("admin")
    good = "another horse and another battery"
    form = {"old_password": PASSWORD, "new_password1": good, "new_password2": good, **data}
    answer = client.post(reverse("accounts:password_change"), form)
    assert answer.status_code == 200 and reason in answer.content.decode()


def test_an_ended_session_is_told_to_htmx_without_a_page_in_the_page(cast: Cast) -> None:
    for url in ("/webapp/counters", "/webapp/keys/create/", "/webapp/audit/"):
        answer = visitor().get(url, headers={"HX-Request": "true"}, secure=True)
        assert (answer.status_code, answer.content) == (401, b""), url


def test_a_form_without_its_token_is_refused_in_words(cast: Cast) -> None:
    client = visitor(enforce_csrf_checks=True)
    page = client.post(LOGIN, {"username": "admin", "password": PASSWORD}, secure=True)
    assert page.status_code == 403 and "The page was out of date" in page.content.decode()
    toast = client.post(LOGIN, {}, headers={"HX-Request": "true"}, secure=True)
    assert toast.status_code == 403 and toast.json()["message"] == "This page is out of date."


def test_error_pages_name_the_request(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = cast.client("stranger")
    client.raise_request_exception = False
    missing = client.get("/webapp/nothing-here/")
    refused = client.get(reverse("audit:event_list"))

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("broken for the test")

    monkeypatch.setattr("ums.console.views.search", broken)
    defect = client.get("/webapp/search?q=something")
    for answer, status in ((missing, 404), (refused, 403), (defect, 500)):
        assert answer.status_code == status
        assert answer["X-Request-Id"] in answer.content.decode(), status
    assert "broken for the test" not in defect.content.decode()


def test_refusals_reach_htmx_as_words(cast: Cast) -> None:
    answer = cast.client("stranger").get(reverse("audit:event_list"), headers={"HX-Request": "true"})
    assert answer.status_code == 403
    assert answer.json()["code"] == "not_allowed"
    assert "Read the audit log" in answer.json()["message"]
