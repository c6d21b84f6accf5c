"""Webhooks, with a receiver that really answers over TLS."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.utils import timezone

from tests.apps.asking import Api
from tests.cast import Cast
from tests.factories.feeds import DeliveryFactory, WebhookFactory
from tests.services.certificates import Authority
from ums.accounts.services import api_token_create
from ums.accounts.tokens import find_token
from ums.audit.models import Event as Audited
from ums.core.actor import SYSTEM, Actor
from ums.core.errors import NotAllowed
from ums.domain.webhooks import HEADER, MANY_FAILURES, PAUSED_AFTER, WAITS, is_signed
from ums.events.kinds import declare_kinds
from ums.events.models import Event
from ums.events.numbering import events_numbered
from ums.events.recording import event
from ums.feeds import sending, services
from ums.feeds.delivering import deliver
from ums.feeds.models import Delivery, Webhook
from ums.feeds.sending import Order, Sent, send

pytestmark = pytest.mark.django_db

LOOPBACK = ip_network("127.0.0.0/8")


class Receiver:
    """An HTTPS server that notes what comes. `status`: what it answers."""

    def __init__(self, directory: Path, name: str = "localhost") -> None:
        self.authority = Authority("Receivers of the tests")
        certificate = self.authority.sign(name)
        (directory / "server.pem").write_text(certificate.pem + certificate.key)
        (directory / "ca.pem").write_text(self.authority.pem)
        self.ca = directory / "ca.pem"
        self.status, self.wait = 200, 0.0
        self.came: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.came.append((dict(self.headers), body))
                time.sleep(receiver.wait)
                self.send_response(receiver.status)
                self.send_header("Location", "https://localhost:1/")
                self.end_headers()
                self.wfile.write(b"<b>what it says</b>")

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(directory / "server.pem")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://localhost:{self._server.server_address[1]}/hook?a=b"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Receiver]:
    found = Receiver(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(found.ca))
    settings.UMS_WEBHOOK_NETWORKS = [LOOPBACK, ip_network("::1/128")]
    yield found
    found.stop()


@pytest.fixture(autouse=True)
def _clean(cast: Cast) -> None:
    declare_kinds(test__happened="Something happened in a test.", test__other="Something else.")
    Webhook.objects.all().delete()


def made(cast: Cast, url: str = "https://receiver.test/", **given: Any) -> tuple[Webhook, str]:
    return services.webhook_create(actor=cast.actor("root"), name="hook", url=url, **given)


def order(url: str, **given: Any) -> Order:
    return Order(url, "secret", 7, "test.happened", b'{"a":1}', **given)


# ---------------------------------------------------------------- one request


def test_a_request(receiver: Receiver) -> None:
    sent = send(order(receiver.url, allowed=(LOOPBACK, ip_network("::1/128"))))
    assert (sent.status, sent.taken, sent.detail) == (200, True, "")
    ((headers, body),) = receiver.came
    assert body == b'{"a":1}'
    assert is_signed("secret", headers[HEADER], body, int(time.time()))
    assert (headers["UMS-Delivery"], headers["UMS-Event"]) == ("7", "test.happened")
    assert headers["Host"].startswith("localhost:")


@pytest.mark.parametrize(("status", "taken"), [(204, True), (302, False), (400, False), (500, False)])
def test_what_it_answers(receiver: Receiver, status: int, taken: bool) -> None:
    receiver.status = status
    sent = send(order(receiver.url, allowed=(LOOPBACK, ip_network("::1/128"))))
    assert (sent.status, sent.taken) == (status, taken)
    assert taken or sent.detail == "<b>what it says</b>"
    assert len(receiver.came) == 1


def test_own_addresses_are_not_asked(receiver: Receiver) -> None:
    sent = send(order(receiver.url))
    assert sent.status is None
    assert "server itself" in sent.detail
    assert receiver.came == []
    sent = send(order("https://169.254.169.254/latest/"))
    assert "link-local" in sent.detail
    sent = send(order("https://192.0.2.7/", own=frozenset({"192.0.2.7"})))
    assert "this network's servers" in sent.detail


def test_an_address_of_this_host_is_not_asked_either(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is called: a connection to oneself has the same address at both ends."""
    monkeypatch.setattr(sending, "refusal", lambda address, own, allowed: "")
    sent = send(order(receiver.url.replace("localhost", "127.0.0.1")))
    assert "server itself" in sent.detail
    assert receiver.came == []


def test_a_certificate_that_nobody_knows(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    sent = send(order(receiver.url, allowed=(LOOPBACK, ip_network("::1/128"))))
    assert sent.status is None
    assert "certificate" in sent.detail
    assert receiver.came == []


def test_a_certificate_for_another_name(receiver: Receiver) -> None:
    url = receiver.url.replace("localhost", "127.0.0.1")
    assert "certificate" in send(order(url, allowed=(LOOPBACK,))).detail
    assert receiver.came == []


def test_the_address_that_was_checked_is_the_one_that_is_asked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that means another address a moment later."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def answers(host: str, *args: Any, **kwargs: Any) -> Any:
        if host != "localhost":
            return real(host, *args, **kwargs)
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "127.0.0.2", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    assert send(order(receiver.url, allowed=(LOOPBACK,))).taken
    assert asked == ["localhost"]


def test_one_that_takes_too_long(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TIMEOUT", 0.2)
    receiver.wait = 0.6
    sent = send(order(receiver.url, allowed=(LOOPBACK, ip_network("::1/128"))))
    assert "did not answer" in sent.detail


def test_nobody_there(receiver: Receiver) -> None:
    receiver.stop()
    assert send(order(receiver.url, allowed=(LOOPBACK, ip_network("::1/128")))).status is None
    assert "not known" in send(order("https://no-such-host.invalid/")).detail


# ---------------------------------------------------------------- from event to record


def test_an_event_arrives(cast: Cast, receiver: Receiver) -> None:
    event(kind="test.happened", target=cast.things["device"], name="before it was made")
    webhook, secret = made(cast, receiver.url, kinds=["test"])
    event(kind="test.happened", target=cast.things["device"], name="told")
    event(kind="device.offline", target=cast.things["device"], name="of another kind")
    assert deliver() == 1
    ((headers, body),) = receiver.came
    assert is_signed(secret, headers[HEADER], body, int(time.time()))
    assert json.loads(body)["object"]["name"] == "told"
    row = Delivery.objects.get(webhook=webhook)
    assert (row.state, row.status, row.attempts, row.claimed_until) == ("delivered", 200, 1, None)
    assert row.tries[0]["status"] == 200
    assert deliver() == 0


def test_only_what_its_owner_may_see(cast: Cast) -> None:
    webhook = WebhookFactory(owner=cast.reader, position=events_numbered())
    event(kind="test.happened", target=cast.things["elsewhere"])
    event(kind="test.happened", target=cast.things["device"], name="mine")
    services.events_spread()
    assert [json.loads(row.body)["object"]["name"] for row in webhook.deliveries.all()] == ["mine"]
    cast.reader.is_active = False
    cast.reader.save()
    event(kind="test.happened", target=cast.things["device"])
    assert services.events_spread() == 0


def test_each_event_makes_one_delivery(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ums.feeds.services.deliveries.AT_ONCE", 2)
    webhook, _ = made(cast)
    Event.objects.all().delete()
    for number in range(5):
        event(kind="test.happened", target=cast.things["device"], name=str(number))
    while services.events_spread():
        pass
    rows = webhook.deliveries.order_by("pk")
    assert [json.loads(row.body)["object"]["name"] for row in rows] == list("01234")


def test_claimed_by_one(cast: Cast) -> None:
    delivery = DeliveryFactory(webhook__owner=cast.root)
    ((row, sent_order),) = services.deliveries_claim(limit=5)
    assert row.pk == delivery.pk == sent_order.delivery
    assert services.deliveries_claim(limit=5) == []
    Delivery.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert len(services.deliveries_claim(limit=5)) == 1
    # Who lost the claim settles nothing.
    services.delivery_settle(actor=SYSTEM, delivery=row, sent=Sent(200, 1))
    assert Delivery.objects.get().state == "waiting"


def failed(delivery: Delivery, status: int | None = 500) -> Delivery:
    """One more try that failed."""
    Delivery.objects.filter(pk=delivery.pk).update(due_at=timezone.now())
    ((row, _),) = services.deliveries_claim(limit=1)
    services.delivery_settle(actor=SYSTEM, delivery=row, sent=Sent(status, 3, "no"))
    return Delivery.objects.get(pk=delivery.pk)


def test_tried_again_later_and_later(cast: Cast) -> None:
    delivery = DeliveryFactory(webhook__owner=cast.root)
    for wait in WAITS:
        row = failed(delivery)
        assert row.state == "waiting"
        assert abs(row.due_at - timezone.now() - wait) < timedelta(seconds=5)
        assert services.deliveries_claim(limit=1) == []
    assert failed(delivery, None).state == "failed"
    api = Api(cast, "root")
    assert api.post(f"webhook-deliveries/{delivery.pk}/redeliver/").body["state"] == "waiting"
    assert len(services.deliveries_claim(limit=1)) == 1
    assert api.post(f"webhook-deliveries/{delivery.pk}/redeliver/").status == 409


def test_one_that_fails_again_and_again_is_not_stormed(cast: Cast) -> None:
    webhook = WebhookFactory(owner=cast.root, failures=MANY_FAILURES, failing_since=timezone.now())
    DeliveryFactory.create_batch(4, webhook=webhook)
    ((row, _),) = services.deliveries_claim(limit=10)
    Delivery.objects.exclude(pk=row.pk).update(due_at=timezone.now() + timedelta(hours=1))
    services.delivery_settle(actor=SYSTEM, delivery=row, sent=Sent(200, 1))
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.failing_since) == (0, None)
    assert len(services.deliveries_claim(limit=10)) == 3


def test_paused_after_long_failure(cast: Cast) -> None:
    webhook = WebhookFactory(owner=cast.root, failing_since=timezone.now() - PAUSED_AFTER)
    delivery = DeliveryFactory(webhook=webhook)
    failed(delivery)
    webhook.refresh_from_db()
    assert webhook.state == "paused"
    assert Audited.objects.filter(action="webhook.paused").count() == 1
    event(kind="test.happened", target=cast.things["device"])
    assert services.events_spread() == 0
    assert Api(cast, "root").post(f"webhooks/{webhook.pk}/resume/").body["state"] == "active"
    assert services.events_spread() > 0
    assert {row.pk for row, _ in services.deliveries_claim(limit=50)} >= {delivery.pk}


def test_the_log_ends_some_day(cast: Cast) -> None:
    old = timezone.now() - timedelta(days=31)
    DeliveryFactory(webhook__owner=cast.root, state="delivered", created_at=old)
    kept = [DeliveryFactory(state="waiting", created_at=old), DeliveryFactory(state="failed")]
    assert services.deliveries_prune() == 1
    assert set(Delivery.objects.values_list("pk", flat=True)) == {row.pk for row in kept}


# ---------------------------------------------------------------- making them


def test_the_secret_is_nowhere(cast: Cast) -> None:
    api = Api(cast, "root")
    body = api.post("webhooks/", {"name": "hook", "url": "https://a.test:8443/path-secret?key=x"}).body
    secret, pk = body["secret"], body["webhook"]["id"]
    renewed = api.post(f"webhooks/{pk}/renew-secret/").body["secret"]
    assert secret != renewed
    api.post(f"webhooks/{pk}/test/")
    rows = f"{list(Webhook.objects.values())}{list(Delivery.objects.values())}"
    public = f"{list(Audited.objects.values())}{list(Event.objects.values())}{api.get('webhooks/').body}"
    assert secret not in rows + public
    assert renewed not in rows + public
    assert "path-secret" not in str(list(Audited.objects.values()))
    ((_, sent_order),) = services.deliveries_claim(limit=1)
    assert sent_order.secret == renewed
    assert renewed not in repr(sent_order)


@pytest.mark.parametrize(
    "given",
    [
        {"url": "http://a.test/"},
        {"url": "ftp://a.test/"},
        {"url": "https://"},
        {"url": "https://user:word@a.test/"},
        {"url": "https://a.test:99999/"},
        {"url": "https://a.test/#part"},
        {"url": "https://a.test/\nx"},
        {"kinds": ["no.such"]},
        {"kinds": "device"},
        {"name": ""},
        {"colour": "red"},
    ],
)
def test_what_is_no_webhook(cast: Cast, given: dict[str, Any]) -> None:
    body = {"name": "hook", "url": "https://a.test/", **given}
    assert Api(cast, "root").post("webhooks/", body).status == 400


def test_a_limited_token_makes_none(cast: Cast) -> None:
    _, text = api_token_create(actor=SYSTEM, user=cast.root, name="x", networks=["10.0.0.0/8"])
    found = find_token(text, address="10.0.0.1", method="POST")
    assert found is not None
    with pytest.raises(NotAllowed):
        services.webhook_create(actor=Actor.of(found.user), name="hook", url="https://a.test/")


def test_off_and_on_again(cast: Cast) -> None:
    webhook, _ = made(cast)
    api = Api(cast, "root")
    assert api.patch(f"webhooks/{webhook.pk}/", {"enabled": False}).body["state"] == "off"
    event(kind="test.happened", target=cast.things["device"])
    assert services.events_spread() == 0
    assert api.patch(f"webhooks/{webhook.pk}/", {"enabled": True}).body["state"] == "active"
    services.events_spread()
    assert not webhook.deliveries.filter(kind="test.happened").exists()
