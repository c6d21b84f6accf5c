"""ETag and If-Match: whoever writes has seen what is there; of two at once one wins."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from tests.cast import Cast, make_cast
from tests.meta.routes import ROUTES
from tests.meta.test_routes import filled, path_of
from ums.devices.models import Device, Presence


def ask(cast: Cast, method: str, path: str, body: Any = None, role: str = "root", **headers: str) -> Any:
    return cast.client(role).generic(
        method,
        path if path.startswith("/") else f"/api/v1/{path}",
        data=cast.client(role)._encode_json(body, "application/json") if body is not None else b"",  # type: ignore[attr-defined]
        content_type="application/json",
        headers=headers,
    )


def test_a_write_with_the_tag_of_what_is_there_is_done(cast: Cast) -> None:
    path = f"devices/{cast.things['device'].pk}/"
    tag = ask(cast, "GET", path)["ETag"]
    assert tag.startswith('"')
    changed = ask(cast, "PATCH", path, {"name": "First"}, if_match=tag)
    assert changed.status_code == 200
    assert changed["ETag"] == ask(cast, "GET", path)["ETag"] != tag
    late = ask(cast, "PATCH", path, {"name": "Second"}, if_match=tag)
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    assert late["Content-Type"] == "application/problem+json"
    assert Device.objects.get(pk=cast.things["device"].pk).name == "First"
    assert ask(cast, "PATCH", path, {"name": "Third"}, if_match=f'"other", {changed["ETag"]}').status_code == 200
    assert ask(cast, "DELETE", path, if_match=tag).status_code == 412
    assert ask(cast, "DELETE", path, if_match="*").status_code == 204


def test_what_a_device_reports_changes_no_tag(cast: Cast) -> None:
    path = f"devices/{cast.things['device'].pk}/"
    before = ask(cast, "GET", path)
    Presence.objects.filter(pk=cast.things["device"].pk).update(connected=True, last_contact=timezone.now())
    after = ask(cast, "GET", path)
    assert before.json()["status"] != after.json()["status"]
    assert before["ETag"] == after["ETag"]


def test_the_tag_does_not_depend_on_the_fields_asked_for(cast: Cast) -> None:
    path = f"profiles/{cast.things['profile'].pk}/"
    assert ask(cast, "GET", f"{path}?fields=name")["ETag"] == ask(cast, "GET", path)["ETag"]


def test_settings_have_a_tag_of_their_own(cast: Cast) -> None:
    profile = cast.things["profile"]
    path = f"profiles/{profile.pk}/settings/"
    tag = ask(cast, "GET", path)["ETag"]
    body = {"base": 1, "settings": {"values": {"system.timezone": "Berlin"}, "instances": {}}}
    saved = ask(cast, "PUT", path, body, if_match=tag)
    assert saved.status_code == 200
    assert saved["ETag"] == ask(cast, "GET", path)["ETag"] != tag
    assert ask(cast, "PUT", path, {**body, "base": 2}, if_match=tag).status_code == 412


def test_an_action_takes_the_tag_of_its_object(cast: Cast) -> None:
    path, where = f"directories/{cast.things['directory'].pk}/", {"parent": cast.own["device"].pk}
    assert ask(cast, "POST", f"{path}move/", where, if_match='"other"').status_code == 412
    assert ask(cast, "POST", f"{path}move/", where, if_match=ask(cast, "GET", path)["ETag"]).status_code == 200


def test_a_dry_run_is_refused_as_the_write_would_be(cast: Cast) -> None:
    path = f"devices/{cast.things['device'].pk}/?dry_run=true"
    assert ask(cast, "DELETE", path, if_match='"other"').status_code == 412
    tried = ask(cast, "DELETE", path, if_match="*")
    assert (tried.status_code, tried.json()["deleted"], "ETag" in tried) == (200, 1, False)


@pytest.mark.parametrize("path", ["directories/", "devices/move/"])
def test_what_has_no_tag_takes_none(cast: Cast, path: str) -> None:
    answer = ask(cast, "POST", path, {}, if_match="*")
    assert (answer.status_code, answer.json()["code"]) == (400, "precondition_unsupported")


def test_who_may_not_read_is_told_nothing(cast: Cast) -> None:
    path = f"devices/{cast.things['device'].pk}/"
    for role, status in (("reader", 403), ("stranger", 404), ("anonymous", 401)):
        assert ask(cast, "PATCH", path, {"name": "x"}, role, if_match="*").status_code == status


def test_an_installation_can_want_a_tag(cast: Cast, settings: Any) -> None:
    settings.UMS_API_IF_MATCH = "required"
    path = f"devices/{cast.things['device'].pk}/"
    refused = ask(cast, "PATCH", path, {"name": "x"})
    assert (refused.status_code, refused.json()["code"]) == (428, "precondition_required")
    assert ask(cast, "DELETE", path).status_code == 428
    assert ask(cast, "PATCH", path, {"name": "x"}, if_match=ask(cast, "GET", path)["ETag"]).status_code == 200
    assert ask(cast, "POST", "directories/", {"parent": cast.own["device"].pk, "name": "New"}).status_code == 201


CHANGING = [
    route
    for route in ROUTES
    if route.name.startswith("api:") and route.method in ("PATCH", "PUT") and route.expected.startswith("200")
]


@pytest.mark.parametrize("route", CHANGING, ids=lambda route: f"{route.name} {route.method}")
def test_what_a_write_answers_has_the_tag_of_the_next_reading(cast: Cast, route: Any) -> None:
    path = path_of(route, cast)
    changed = ask(cast, route.method, path, filled(route.json, cast), if_match=ask(cast, "GET", path)["ETag"])
    assert changed.status_code == 200, changed.content
    assert changed["ETag"] == ask(cast, "GET", path)["ETag"]


@pytest.mark.django_db(transaction=True)
def test_of_two_writers_with_the_same_tag_one_wins() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("the embedded database has one writer at a time")
    cast = make_cast()
    path = reverse("api:device-detail", args=[cast.things["device"].pk])
    tag, together = ask(cast, "GET", path)["ETag"], Barrier(2)

    def write(name: str) -> int:
        try:
            together.wait(10)
            return int(ask(cast, "PATCH", path, {"name": name}, if_match=tag).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(write, ["One", "Other"])) == [200, 412]
