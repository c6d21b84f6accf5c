"""Login, logout, sessions, Basic with each call, and what the entrance refuses."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.db import connection
from django.http import HttpRequest
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.apps.imi.client import Imi, basic
from tests.cast import Cast
from tests.factories.accounts import PASSWORD
from ums.accounts.services import user_set_password
from ums.audit.models import Event
from ums.core.actor import SYSTEM
from ums.imi import authentication
from ums.imi.models import ImiSession
from ums.imi.services import sessions_prune

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_remembered() -> None:
    """Passwords of other tests, whose users had the same ids."""
    authentication._known.clear()


def login(name: str, password: str = PASSWORD) -> Any:
    """The answer as Django has it, with its cookie."""
    client = Imi().client
    return client.post("/umsapi/v3/login", b"null", "application/json", headers=basic(name, password), secure=True)


def test_status_is_open_and_parsed_by_clients_as_numbers() -> None:
    status, body = Imi().get("serverstatus")
    assert status == 200
    assert all(re.fullmatch(r"\d+(\.\d+){1,3}", body[key]) for key in ("rmGuiServerVersion", "activeMQVersion"))
    assert body["buildNumber"].isdigit() and body["links"] == [] and body["server"]


def test_login_answers_cookie_and_body_as_clients_take_them_apart(cast: Cast) -> None:
    response = login("root")
    message = response.json()["message"]
    assert response.status_code == 200 and re.fullmatch(r"JSESSIONID=[0-9A-F]{32}", message)
    cookie = response.cookies["JSESSIONID"]
    assert message == f"JSESSIONID={cookie.value}"
    assert cookie["path"] == "/umsapi/" and cookie["secure"] and cookie["httponly"]
    imi = Imi()
    imi.headers = {"Cookie": message}
    assert imi.get("thinclients").status == 200
    assert imi.post("logout") == (200, {"message": "Logout successful"})
    assert imi.get("thinclients").code == "ITG-0B004"
    actions = list(Event.objects.filter(actor_name="root").order_by("pk").values_list("action", flat=True))
    assert actions[-2:] == ["user.signed_in", "user.signed_out"]


def test_the_id_of_a_session_is_stored_nowhere(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as queries:
        session_id = login("root").json()["message"].partition("=")[2]
    assert not any(session_id in query["sql"] or PASSWORD in query["sql"] for query in queries)
    row = ImiSession.objects.get()
    assert session_id not in repr(row.__dict__) and session_id not in str(row)
    assert not Event.objects.filter(after__icontains=session_id).exists()


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "ITG-0B001"),
        ({"Authorization": "Bearer abc"}, "ITG-0B001"),
        ({"Authorization": "Basic %%%"}, "ITG-0B002"),
        ({"Authorization": "Basic bm9jb2xvbg=="}, "ITG-0B002"),
        (basic("root", "wrong"), "ITG-0B002"),
        (basic("nobody"), "ITG-0B002"),
        (basic("ro\0ot"), "ITG-0B002"),
        (basic("r" * 400), "ITG-0B002"),
    ],
)
def test_a_login_that_is_none(cast: Cast, headers: dict[str, str], code: str) -> None:
    answer = Imi().ask("POST", "login", headers=headers)
    assert (answer.status, answer.code) == (401, code)
    assert code != "ITG-0B002" or answer.body["message"].startswith("Invalid Login")
    assert answer.body["stackTrace"] == "" and re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\d{3}", answer.body["time"])


def test_wrong_passwords_count_as_at_the_console(cast: Cast) -> None:
    for _ in range(5):
        assert Imi().ask("POST", "login", headers=basic("admin", "wrong")).code == "ITG-0B002"
    right = Imi().ask("GET", "thinclients", headers=basic("admin"))
    assert (right.status, right.code) == (401, "ITG-0B002") and "later" in right.body["message"]
    events = Event.objects.filter(object_name="admin").values_list("action", flat=True)
    assert {"user.sign_in_failed", "user.locked_out"} <= set(events)
    console = cast.client("anonymous").post("/webapp/login/", {"username": "admin", "password": PASSWORD})
    assert console.status_code == 429


def test_a_right_password_forgets_the_wrong_ones(cast: Cast) -> None:
    assert Imi().ask("POST", "login", headers=basic("admin", "wrong")).status == 401
    assert AccessAttempt.objects.filter(username="admin").exists()
    assert login("admin").status_code == 200
    assert not AccessAttempt.objects.filter(username="admin").exists()


def test_a_session_lasts_thirty_minutes_from_its_last_use(cast: Cast) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        imi = Imi(cast.root)
        for minutes in (29, 58, 87):
            clock.move_to(start + timedelta(minutes=minutes))
            assert imi.get("firmwares").status == 200
        clock.move_to(start + timedelta(minutes=87 + 32))
        answer = imi.get("firmwares")
        assert (answer.status, answer.code) == (401, "ITG-0B004")
        assert sessions_prune() == 1 and not ImiSession.objects.exists()


def test_a_use_is_written_down_once_a_minute(cast: Cast) -> None:
    imi = Imi(cast.root)
    used = ImiSession.objects.get().used_at
    imi.get("firmwares")
    assert ImiSession.objects.get().used_at == used


def test_a_session_ends_with_its_password_and_its_account(cast: Cast) -> None:
    imi, other = Imi(cast.admin), Imi(cast.reader)
    user_set_password(actor=SYSTEM, user=cast.admin, password="another horse battery staple")
    assert imi.get("thinclients").code == "ITG-0B004"
    cast.reader.is_active = False
    cast.reader.save()
    assert other.get("thinclients").code == "ITG-0B007"


@pytest.mark.parametrize(
    ("cookie", "code"), [("", "0B003"), ("A" * 32, "0B004"), ("x" * 5000, "0B004"), ("é", "0B004")]
)
def test_without_a_session(cast: Cast, cookie: str, code: str) -> None:
    headers = {"Cookie": f"JSESSIONID={cookie}"} if cookie else {}
    for path in ("thinclients", "logout", "there/is/no/such/path", "thinclients/abc"):
        answer = Imi().ask("GET" if path != "logout" else "POST", path, headers=headers)
        assert (answer.status, answer.code) == (401, f"ITG-{code}"), path


def test_a_session_of_the_console_is_none_here(cast: Cast) -> None:
    assert cast.client("root").get("/umsapi/v3/thinclients").status_code == 401


def test_name_and_password_with_each_call(cast: Cast) -> None:
    imi = Imi()
    assert imi.ask("GET", "thinclients", headers=basic("root")).status == 200
    assert not ImiSession.objects.exists()
    signed_in = Event.objects.filter(action="user.signed_in", actor_name="root").count()
    assert imi.ask("GET", "firmwares", headers=basic("root")).status == 200
    assert Event.objects.filter(action="user.signed_in", actor_name="root").count() == signed_in == 1
    assert imi.ask("GET", "firmwares", headers=basic("root", "wrong")).status == 401
    user_set_password(actor=SYSTEM, user=cast.root, password="another horse battery staple")
    assert imi.ask("GET", "firmwares", headers=basic("root")).status == 401


def test_what_is_remembered_of_a_password_is_no_password(cast: Cast) -> None:
    Imi().ask("GET", "firmwares", headers=basic("root"))
    assert authentication._known
    assert PASSWORD not in repr(authentication._known) and basic("root")["Authorization"] not in repr(
        authentication._known
    )


@pytest.mark.parametrize("path", ["v3//serverstatus", "v3/serverstatus/", "//v3///serverstatus//", "v3/serverstatus"])
def test_slashes_are_no_redirects(path: str) -> None:
    assert Imi().get(f"/umsapi/{path}").status == 200


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/umsapi", (400, "ITG-0B006")),
        ("GET", "/umsapi/v9/thinclients", (400, "ITG-0B006")),
        ("GET", "", (404, "ITG-0A020")),
        ("GET", "nothing", (404, "ITG-0A020")),
        ("GET", "thinclients/1/2/3", (404, "ITG-0A020")),
        ("PATCH", "thinclients", (400, "ITG-0A011")),
        ("GET", "login", (400, "ITG-0A011")),
        ("GET", "thinclients/abc", (400, "ITG-0A010")),
        ("GET", "thinclients/1.5", (400, "ITG-0A010")),
        ("GET", "thinclients/²", (400, "ITG-0A010")),
        ("GET", "thinclients/999999999", (400, "ITG-0A001")),
        ("GET", "thinclients/2147483648", (400, "ITG-0A001")),
        ("GET", "thinclients/9223372036854775808", (400, "ITG-0A001")),
        ("GET", "thinclients/" + "9" * 5000, (400, "ITG-0A001")),
        ("GET", "thinclients/-1", (400, "ITG-0A001")),
        ("GET", "thinclients/0", (400, "ITG-0A001")),
    ],
)
def test_paths_that_mean_nothing(cast: Cast, method: str, path: str, expected: tuple[int, str]) -> None:
    answer = Imi(cast.root).ask(method, path)
    assert (answer.status, answer.code) == expected


NESTED = b"[" * 10_000 + b"]" * 10_000


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "0A005"),
        (b"{", "0A005"),
        (b"nonsense", "0A005"),
        (b'{"name": "\xff"}', "0A005"),
        (b'{"name": "\\ud800"}', "0A005"),
        (b'{"name": "\\u0000"}', "0A005"),
        (b'{"name": NaN}', "0A005"),
        (NESTED, "0A005"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "0A005"),
        (b"null", "0A004"),
        (b"[]", "0A004"),
        (b'"text"', "0A004"),
        (b'{"name": {"a": 1}}', "0A004"),
        (b'{"name": true}', "0A004"),
    ],
)
def test_bodies_that_are_none(cast: Cast, body: bytes, code: str) -> None:
    answer = Imi(cast.root).ask("PUT", f"thinclients/{cast.things['device'].pk}", body)
    assert (answer.status, answer.code) == (415, f"ITG-{code}")


def test_a_body_that_is_too_large(cast: Cast) -> None:
    answer = Imi(cast.root).ask("PUT", f"thinclients/{cast.things['device'].pk}", b" " * (10 * 2**20 + 1))
    assert (answer.status, answer.code) == (415, "ITG-0A005")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_another_content_type(cast: Cast, kind: str) -> None:
    path = f"thinclients/{cast.things['device'].pk}"
    answer = Imi(cast.root).ask("PUT", path, b'{"site": "x"}', content_type=kind)
    assert (answer.status, answer.code) == (415, "ITG-0A004")


def test_a_defect_tells_nothing_of_itself(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(request: HttpRequest) -> None:
        raise RuntimeError("a secret of ours")

    imi = Imi(cast.root)
    monkeypatch.setattr("ums.imi.entrance.caller", broken)
    answer = imi.get("thinclients")
    assert (answer.status, answer.code) == (500, "ITG-FF001") and "secret" not in str(answer.body)


def test_links_are_made_from_the_address_that_was_asked() -> None:
    from ums.imi.calls import Call

    request = RequestFactory().get("/", headers={"host": "ums1.example.test:8443"}, secure=True)
    assert Call(request, None, SYSTEM).base == "https://ums1.example.test:8443/umsapi/v3"
