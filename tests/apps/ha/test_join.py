"""Joining: what a server gives to whom, by which words it refuses, and what is left behind."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from cryptography import x509
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ha import join_views
from ha.joining import PATH, JoinAnswer, JoinRequest, prove
from ha.models import NetworkEvent, NetworkToken, Node, Process
from ha.services import token_create
from ha.token import Token, read
from ums import __version__
from ums.audit.models import Event
from ums.core.actor import SYSTEM
from ums.domain.processes import ProcessType, ServiceStatus
from ums.project.hosts import new_key, public_pem

pytestmark = pytest.mark.django_db

KEY, _ = new_key()


@pytest.fixture(autouse=True)
def network(settings: Any) -> None:
    settings.UMS_EMBEDDED_DATABASE = False
    settings.UMS_DATABASE_URL = "postgres://ums:pass-word@db.example.org/ums"
    settings.UMS_REDIS_URL = ""
    join_views.failures.clear()


@pytest.fixture
def token() -> Token:
    _, text = token_create(actor=SYSTEM, servers=["127.0.0.1:8443"])
    return read(text, now=timezone.now())


def request(**changes: Any) -> JoinRequest:
    values: dict[str, Any] = {
        "id": uuid4(),
        "name": "south",
        "address": "10.0.0.2",
        "server": True,
        "balancer": True,
        "web_port": 8443,
        "device_port": 30002,
        "balancer_port": 30001,
        "version": __version__,
        "public_key": public_pem(KEY),
        "names": ("10.0.0.2", "south.example.org"),
    }
    return JoinRequest(**{**values, **changes})


def ask(token: Token, one: JoinRequest | bytes, *, secret: str = "", at: float = 0, id: UUID | None = None) -> Any:
    body = one if isinstance(one, bytes) else msgspec.json.encode(one)
    header = prove(id or token.id, secret or token.secret, body, int(at or time.time()))
    return send(body, header)


def send(body: bytes, header: str) -> HttpResponse:
    return Client(enforce_csrf_checks=True).post(
        PATH, body, content_type="application/json", headers={"Authorization": header}
    )


def answer(response: HttpResponse) -> JoinAnswer:
    assert response.status_code == 200, response.content
    return msgspec.json.decode(response.content, type=JoinAnswer)


def refused(response: HttpResponse, status: int, code: str) -> str:
    assert (response.status_code, response.json()["code"]) == (status, code)  # type: ignore[attr-defined]
    assert not Node.objects.exists()
    detail: str = response.json()["detail"]  # type: ignore[attr-defined]
    return detail


def test_who_asks_learns_the_database_and_gets_no_key(token: Token) -> None:
    got = answer(ask(token, request()))
    assert (got.network, got.database_url) == (token.network, "postgres://ums:pass-word@db.example.org/ums")
    assert abs(got.time - time.time()) < 10
    assert not got.master_key and not got.certificate
    assert not Node.objects.exists()
    assert not Event.objects.filter(action__startswith="node.").exists()


def test_who_confirms_becomes_a_node(token: Token, settings: Any) -> None:
    one = request(confirm=True)
    got = answer(ask(token, one))
    assert got.master_key == settings.UMS_MASTER_KEY
    leaf, authority = x509.load_pem_x509_certificates(got.certificate.encode())
    assert authority == x509.load_pem_x509_certificate(token.authority.encode())
    leaf.verify_directly_issued_by(authority)
    assert leaf.public_key() == KEY.public_key()
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["south.example.org"]
    row = Node.objects.get()
    assert (row.pk, row.name, row.has_balancer, row.device_port) == (one.id, "south", True, 30002)
    event = Event.objects.get(action="node.joined")
    assert event.after == {"address": "10.0.0.2", "components": "server and load balancer", "token": str(token.id)}
    assert NetworkEvent.objects.get().kind == "joined"
    assert answer(ask(token, one)).servers == ("10.0.0.2:8443",)
    assert Node.objects.count() == 1


def test_who_has_no_token_learns_nothing_and_leaves_no_event(token: Token) -> None:
    before = Event.objects.count()
    body = msgspec.json.encode(request(confirm=True))
    good = prove(token.id, token.secret, body, int(time.time()))
    for header in ("", "Basic YTpi", "UMS-Join x y z", f"{good} more", good.replace("UMS-Join", "Token")):
        refused(send(body, header), 401, "join_unauthorized")
    refused(send(body + b" ", good), 401, "join_unauthorized")
    refused(ask(token, request(), secret="guessed"), 401, "join_unauthorized")
    refused(ask(token, request(), id=uuid4()), 401, "token_foreign")
    assert Event.objects.count() == before


def test_tokens_end(token: Token) -> None:
    NetworkToken.objects.update(revoked_at=timezone.now())
    assert "revoked" in refused(ask(token, request(confirm=True)), 403, "token_revoked")
    NetworkToken.objects.update(revoked_at=None, expires_at=timezone.now())
    assert "expired" in refused(ask(token, request(confirm=True)), 403, "token_expired")
    events = Event.objects.filter(action="node.refused").order_by("pk")
    assert [(event.after or {})["code"] for event in events] == ["token_revoked", "token_expired"]


def test_clocks_that_differ_are_told(token: Token) -> None:
    assert "s behind" in refused(ask(token, request(), at=time.time() - 125), 409, "join_clock")
    assert "ahead of" in refused(ask(token, request(), at=time.time() + 125), 409, "join_clock")
    answer(ask(token, request(), at=time.time() - 40))


def test_the_version_is_the_same_and_the_database_is_for_many(token: Token, settings: Any) -> None:
    assert "has 9.9" in refused(ask(token, request(version="9.9")), 409, "join_version")
    settings.UMS_EMBEDDED_DATABASE = True
    refused(ask(token, request()), 409, "join_embedded")


def test_an_address_where_a_node_runs_is_taken(token: Token) -> None:
    one = request(confirm=True)
    answer(ask(token, one))
    again = request(confirm=True)
    answer(ask(token, again))
    Process.objects.create(
        id=str(one.id),
        node_id=one.id,
        host="south",
        type=ProcessType.SERVER,
        status=ServiceStatus.RUNNING,
        timestamp=timezone.now(),
        started_at=timezone.now(),
        version="1",
        life="a",
    )
    assert ask(token, request(confirm=True)).json()["code"] == "join_address_taken"
    answer(ask(token, one))
    assert ask(token, request(server=False)).json()["code"] == "join_address_taken"
    answer(ask(token, request(web_port=8444, balancer_port=31001)))
    answer(ask(token, request(server=False, balancer_port=31001)))
    answer(ask(token, request(address="10.0.0.3")))


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "a b"},
        {"name": ""},
        {"address": "x" * 254},
        {"web_port": 0},
        {"device_port": 70_000},
        {"names": ()},
        {"names": ("a",) * 51},
        {"version": "\0"},
        {"server": False, "balancer": False},
        {"public_key": "no key", "confirm": True},
    ],
)
def test_a_request_that_makes_no_sense_is_refused(token: Token, changes: dict[str, Any]) -> None:
    refused(ask(token, request(**changes)), 400, "join_malformed")


def test_bodies_are_bounded(token: Token) -> None:
    refused(ask(token, b"x" * 40_000), 413, "join_malformed")


def test_who_fails_too_often_waits(token: Token) -> None:
    for _ in range(20):
        refused(ask(token, request(), secret="guessed"), 401, "join_unauthorized")
    refused(ask(token, request()), 429, "throttled")


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(body=st.binary(max_size=300), header=st.text(st.characters(codec="latin-1"), max_size=120), proven=st.booleans())
def test_anything_is_refused_in_words(token: Token, body: bytes, header: str, proven: bool) -> None:
    join_views.failures.clear()
    if proven:
        refused(ask(token, body), 400, "join_malformed")
    else:
        refused(send(body, header.replace("\n", "").replace("\r", "")), 401, "join_unauthorized")


def test_it_answers_to_post_only() -> None:
    assert Client().get(PATH).status_code == 405
