"""What a token leaves of its user's rights: on each route, wherever it comes from, and in what it may make."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, RequestFactory

from tests.cast import ROLES, Cast
from tests.meta.routes import ROUTES
from tests.meta.routes.shape import Route
from tests.meta.test_routes import answer, filled, path_of
from ums.accounts import services
from ums.accounts.models import ApiToken, User
from ums.accounts.tokens import find_token
from ums.audit.models import Event
from ums.core.access import Action, may, scope_of
from ums.core.actor import Actor
from ums.core.errors import AppError, NotAllowed
from ums.devices.services import directory_delete
from ums.files.transfer.identity import signed_in

pytestmark = pytest.mark.django_db

API = [route for route in ROUTES if route.name.startswith("api:") and route.name != "api:docs"]
"""Without the page, which is for sessions."""

DIFFERENT = {
    "api:batch-cancel": "the batch is the admin's, not root's",
    "api:batch-detail": "as above",
    "api:batch-list": "as above",
    "api:api-token-list": "a limited token makes no tokens",
    "api:device-view-detail": "a view is its owner's, and shows nobody more devices than they may read",
    "api:device-view-list": "as above",
    "api:catalogue-detail": "whoever may read anything may read what settings there are",
}
"""Where a token differs from the one whose rights it should have, and why."""


def token(cast: Cast, role: str = "root", **limits: Any) -> str:
    user = getattr(cast, role)
    return services.api_token_create(actor=Actor.of(user), user=user, name="script", **limits)[1]


def ask(text: str, route: Route, cast: Cast) -> str:
    client = Client(headers={"host": "localhost", "authorization": f"Token {text}", **route.headers})
    client.raise_request_exception = False
    path = route.path or path_of(route, cast)
    body = "" if route.method == "GET" else json.dumps(filled(route.json or {}, cast))
    with transaction.atomic():
        response = client.generic(route.method, path, body, content_type="application/json", secure=True)
        transaction.set_rollback(True)
    return answer(response)


def expected(route: Route, role: str) -> str:
    return dict(zip(ROLES, route.expected.split(), strict=True))[role]


def differing(cast: Cast, text: str, role: str, routes: list[Route]) -> list[str]:
    """Where the answer to the token is not the one to `role`."""
    return [
        f"{route.method} {route.name}: {found} instead of {expected(route, role)}"
        for route in routes
        if route.name not in DIFFERENT and (found := ask(text, route, cast)) != expected(route, role)
    ]


def test_limited_to_a_subtree_it_may_what_an_administrator_of_that_subtree_may(cast: Cast) -> None:
    text = token(cast, directories=list(cast.own.values()))
    assert differing(cast, text, "admin", API) == []


def test_limited_to_elsewhere_nothing_is_left_of_the_own_subtree(cast: Cast) -> None:
    text = token(cast, "admin", directories=list(cast.other.values()))
    assert differing(cast, text, "stranger", [route for route in API if route.expected.startswith("20")]) == []


def test_read_only_reads_as_its_user_and_writes_nothing(cast: Cast) -> None:
    text = token(cast, read_only=True)
    assert differing(cast, text, "root", [route for route in API if route.method == "GET"]) == []
    writes = [route for route in API if route.method != "GET"]
    assert len(writes) > 50
    assert {ask(text, route, cast) for route in writes} == {"403"}
    client = Client(headers={"authorization": f"Token {text}"})
    assert client.post("/api/v1/devices/move/", secure=True).json()["code"] == "read_only_token"


def test_in_the_transfer_directory_it_reads_too(cast: Cast, rf: RequestFactory) -> None:
    sent = b64encode(f"root:{token(cast, read_only=True)}".encode()).decode()

    def user(method: str) -> User:
        request: Any = rf.generic(method, "/ums_filetransfer/a", headers={"authorization": f"Basic {sent}"})
        request.client_address = "10.0.0.1"
        return signed_in(request)

    assert user("PROPFIND").username == user("GET").username == "root"
    for method in ("PUT", "DELETE", "MKCOL", "MOVE", "COPY", "LOCK", "PROPPATCH"):
        with pytest.raises(AppError, match="may only read"):
            user(method)


def test_services_refuse_it_too(cast: Cast) -> None:
    """Also where no request is looked at."""
    found = find_token(token(cast, read_only=True), address="", method="GET")
    assert found is not None
    user, device = found.user, cast.things["device"]
    assert not any(may(user, action, device) for action in (Action.WRITE, Action.ASSIGN, Action.COMMAND))
    assert may(user, Action.READ, device)
    assert may(user, Action.ADMINISTER)
    assert not user.is_superuser
    with pytest.raises(TypeError):
        user.save()
    assert User.objects.get(pk=user.pk).is_superuser
    limited = find_token(token(cast, directories=[cast.own["device"]]), address="", method="POST")
    assert limited is not None
    for action in (Action.AUDIT, Action.ADMINISTER, Action.ENROL, Action.TRANSFER, Action.USERS):
        assert scope_of(limited.user, action).nowhere
    assert may(limited.user, Action.WRITE, device)
    assert not may(limited.user, Action.WRITE, cast.things["elsewhere"])
    assert not may(limited.user, Action.WRITE, cast.things["profile"])


def test_a_limit_gives_nothing(cast: Cast) -> None:
    """Of the reader's rights, in a subtree where there are none."""
    found = find_token(token(cast, "reader", directories=[cast.other["device"]]), address="", method="GET")
    assert found is not None
    assert not may(found.user, Action.READ, cast.things["elsewhere"])
    assert not may(found.user, Action.READ, cast.things["device"])


def test_without_its_directory_it_reaches_nothing(cast: Cast) -> None:
    text = token(cast, directories=[cast.things["directory"]])
    directory_delete(actor=cast.actor("root"), directory=cast.things["directory"])
    client = Client(headers={"authorization": f"Token {text}"})
    assert client.get("/api/v1/devices/", secure=True).json()["items"] == []


def test_networks(cast: Cast, settings: Any) -> None:
    text = token(cast, networks=["10.1.2.3/16", "2001:db8::/32", "10.1.0.0/16"])
    row = ApiToken.objects.get(name="script")
    assert row.networks == ["10.1.0.0/16", "2001:db8::/32"]

    def status(address: str, **headers: str) -> int:
        client = Client(headers={"authorization": f"Token {text}", **headers}, REMOTE_ADDR=address)
        return client.get("/api/v1/devices/", secure=True).status_code

    assert status("10.1.9.9") == status("2001:db8::7") == status("::ffff:10.1.4.4") == 200
    assert ApiToken.objects.get(name="script").refused_at is None
    assert status("10.2.0.1") == status("unix") == 401
    assert status("10.2.0.1", **{"X-Forwarded-For": "10.1.0.1"}) == 401
    row.refresh_from_db()
    assert row.refused_address == "10.2.0.1"
    assert row.last_used_address == "10.1.9.9"
    from ipaddress import ip_network

    settings.UMS_TRUSTED_PROXIES = [ip_network("10.2.0.0/16")]
    assert status("10.2.0.1", **{"X-Forwarded-For": "10.1.0.1"}) == 200
    assert status("10.2.0.1", **{"X-Forwarded-For": "10.1.0.1, 192.0.2.9"}) == 401


@pytest.mark.parametrize(
    "limits",
    [{"networks": ["10.0.0.0/8"]}, {"read_only": True}],
    ids=["networks", "read only"],
)
def test_a_limited_one_makes_no_tokens(cast: Cast, limits: dict[str, Any]) -> None:
    found = find_token(token(cast, **limits), address="10.0.0.1", method="GET")
    assert found is not None
    with pytest.raises(NotAllowed):
        services.api_token_create(actor=Actor.of(found.user), user=found.user, name="more")
    with pytest.raises(NotAllowed):
        services.api_token_create(actor=Actor.of(found.user), user=cast.admin, name="more")


def test_an_unlimited_one_makes_tokens(cast: Cast) -> None:
    found = find_token(token(cast), address="", method="POST")
    assert found is not None
    services.api_token_create(actor=Actor.of(found.user), user=found.user, name="more")


def test_of_a_limited_one_what_its_user_has_is_not_its_own(cast: Cast) -> None:
    found = find_token(token(cast, "admin", directories=[cast.other["device"]]), address="", method="POST")
    assert found is not None
    actor = Actor.of(found.user)
    with pytest.raises(NotAllowed):
        services.api_token_revoke(actor=actor, token=ApiToken.objects.get(pk=found.pk))
    with pytest.raises(NotAllowed):
        services.user_set_password(actor=actor, user=cast.admin, password="correct horse battery")
    client = Client(headers={"authorization": f"Token {token(cast, 'admin', directories=[cast.other['device']])}"})
    assert client.get("/api/v1/batches/", secure=True).json()["items"] == []
    assert client.get(f"/api/v1/batches/{cast.things['batch'].pk}/", secure=True).status_code == 404


@pytest.mark.parametrize("networks", [["10.0.0.0/40"], ["everywhere"], [""], ["10.0.0.0/8"] * 51])
def test_what_is_no_limit_is_refused(cast: Cast, networks: list[str]) -> None:
    with pytest.raises(AppError):
        token(cast, networks=networks)
    with pytest.raises(AppError):
        token(cast, directories=[])


def test_the_audit_log_has_the_limits(cast: Cast) -> None:
    token(cast, directories=[cast.own["device"]], networks=["10.0.0.0/8"], read_only=True)
    after = Event.objects.get(action="api_token.created").after or {}
    assert after["directories"] == ["Own"]
    assert after["networks"] == ["10.0.0.0/8"]
    assert after["read_only"] is True
