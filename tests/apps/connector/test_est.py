"""EST over HTTP (RFC 7030, docs/device-protocol.md §3)."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from django.test import Client

from tests.apps.connector.world import SimDevice, csr_of, expired, metric
from tests.factories import EnrolmentKeyFactory, root
from ums.connector.models import Certificate, EnrolmentKey
from ums.connector.services import certificate_revoke
from ums.core.actor import SYSTEM
from ums.core.throttle import Throttle, network_of

pytestmark = pytest.mark.django_db

EST = "/device-connector/device/.well-known/est"


@pytest.fixture
def client() -> Client:
    """A device's HTTP client: no session, no CSRF token."""
    root()
    client = Client(headers={"host": "localhost"}, enforce_csrf_checks=True)
    client.defaults["wsgi.url_scheme"] = "https"
    return client


def p256() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def basic(unit_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{unit_id}:{secret}".encode()).decode()


def post(client: Client, path: str, authorization: str = "", body: bytes | None = None, **more: Any) -> Any:
    body = base64.encodebytes(csr_of(p256(), "TC1")) if body is None else body
    headers = {"authorization": authorization} if authorization else {}
    return client.post(f"{EST}/{path}", body, content_type="application/pkcs10", headers=headers, **more)


def certificates(answer: Any) -> list[x509.Certificate]:
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/pkcs7-mime; smime-type=certs-only"
    assert answer["Content-Transfer-Encoding"] == "base64"
    return pkcs7.load_der_pkcs7_certificates(base64.b64decode(answer.content))


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["title"]
    assert body["detail"]
    return body


def test_enrolment_from_cacerts_to_certificate(client: Client) -> None:
    EnrolmentKeyFactory(secret="s")
    (authority,) = certificates(client.get(f"{EST}/cacerts"))
    before = metric("ums_enrolments_total", result="enrolled")
    private = p256()
    answer = post(client, "simpleenroll", basic("TC1", "s"), base64.b64encode(csr_of(private, "TC1")))
    (issued,) = certificates(answer)
    issued.verify_directly_issued_by(authority)
    assert issued.public_key() == private.public_key()
    assert "no-store" in answer["Cache-Control"]
    assert metric("ums_enrolments_total", result="enrolled") == before + 1


@pytest.mark.parametrize(
    ("authorization", "challenge"),
    [("", "Basic"), ("Bearer x", "Basic"), ("Basic !", "Basic"), ("Basic " + "/" * 6, "Basic"), ("Basic", "Basic")],
)
def test_without_credentials(client: Client, authorization: str, challenge: str) -> None:
    answer = post(client, "simpleenroll", authorization)
    problem(answer, 401, "request_invalid")
    assert answer["WWW-Authenticate"].startswith(challenge)


def test_wrong_key(client: Client) -> None:
    answer = post(client, "simpleenroll", basic("TC1", "wrong"))
    problem(answer, 401, "key_unknown")
    assert answer["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"enabled": False}, 403, "key_disabled"),
        ({"kind": EnrolmentKey.Kind.BOUND, "unit_id": "TC2"}, 403, "key_other_device"),
        ({"used_count": 1}, 403, "key_used"),
    ],
)
def test_refusals_have_codes(client: Client, fields: dict[str, Any], status: int, code: str) -> None:
    EnrolmentKeyFactory(secret="s", **fields)
    problem(post(client, "simpleenroll", basic("TC1", "s")), status, code)


def test_known_device(client: Client) -> None:
    EnrolmentKeyFactory(secret="s", kind=EnrolmentKey.Kind.MASS)
    SimDevice(unit_id="TC1")
    problem(post(client, "simpleenroll", basic("TC1", "s")), 409, "device_known")


def test_bodies_that_are_no_requests(client: Client) -> None:
    EnrolmentKeyFactory(secret="s")
    authorization = basic("TC1", "s")
    problem(post(client, "simpleenroll", authorization, b"\xff"), 400, "request_invalid")
    problem(post(client, "simpleenroll", authorization, b""), 400, "csr_invalid")
    problem(post(client, "simpleenroll", authorization, base64.b64encode(b"no csr")), 400, "csr_invalid")
    problem(post(client, "simpleenroll", authorization, b"A" * (64 * 1024 + 1)), 413, "request_invalid")


def test_other_methods(client: Client) -> None:
    assert client.post(f"{EST}/cacerts").status_code == 405
    assert client.get(f"{EST}/simpleenroll").status_code == 405
    assert client.get(f"{EST}/simplereenroll").status_code == 405


def test_renewal(client: Client) -> None:
    device, private = SimDevice(unit_id="TC1"), p256()
    csr = csr_of(private, "TC1")
    token = device.token(time.time(), csr=hashlib.sha256(csr).hexdigest())
    (issued,) = certificates(post(client, "simplereenroll", f"Bearer {token}", base64.b64encode(csr)))
    assert issued.public_key() == private.public_key()
    assert Certificate.objects.filter(device=device.row, revoked_at=None).count() == 2


def test_renewals_that_are_not_proven(client: Client) -> None:
    device, other = SimDevice(unit_id="TC1"), SimDevice(unit_id="TC2")
    csr = csr_of(p256(), "TC1")
    digest = hashlib.sha256(csr).hexdigest()
    now = time.time()
    tokens = [
        "rubbish",
        device.token(now),
        device.token(now, csr="0" * 64),
        device.token(now, csr=digest, nonce="of a socket"),
        device.token(now - 100, csr=digest),
        device.token(now, csr=digest, sub="TC2"),
        device.token(now, csr=digest, header={"kid": "0" * 64}),
        other.token(now, csr=digest, sub="TC1", header={"kid": device.certificate.fingerprint}),
    ]
    for token in tokens:
        answer = post(client, "simplereenroll", f"Bearer {token}", base64.b64encode(csr))
        problem(answer, 401, "proof_invalid")
        assert answer["WWW-Authenticate"].startswith("Bearer")
    assert Certificate.objects.filter(device=device.row).count() == 1


@pytest.mark.parametrize(
    "void", [expired, lambda certificate: certificate_revoke(actor=SYSTEM, certificate=certificate)]
)
def test_renewal_with_a_void_certificate(client: Client, void: Any) -> None:
    device = SimDevice(unit_id="TC1")
    void(device.certificate)
    csr = csr_of(p256(), "TC1")
    token = device.token(time.time(), csr=hashlib.sha256(csr).hexdigest())
    problem(post(client, "simplereenroll", f"Bearer {token}", base64.b64encode(csr)), 401, "proof_invalid")


def test_failures_of_a_unit_id_are_throttled(client: Client) -> None:
    EnrolmentKeyFactory(secret="s")
    for number in range(10):
        answer = post(client, "simpleenroll", basic("TC1", "wrong"), REMOTE_ADDR=f"192.0.2.{number}")
        problem(answer, 401, "key_unknown")
    answer = post(client, "simpleenroll", basic("TC1", "s"), REMOTE_ADDR="192.0.2.99")
    problem(answer, 429, "throttled")
    assert 1 <= int(answer["Retry-After"]) <= 60
    body = base64.b64encode(csr_of(p256(), "TC2"))
    certificates(post(client, "simpleenroll", basic("TC2", "s"), body, REMOTE_ADDR="192.0.2.99"))


def test_failures_of_an_address_are_throttled(client: Client) -> None:
    for number in range(50):
        post(client, "simpleenroll", basic(f"TC{number}", "wrong"), REMOTE_ADDR="192.0.2.1")
    problem(post(client, "simpleenroll", basic("X", "wrong"), REMOTE_ADDR="192.0.2.1"), 429, "throttled")
    problem(post(client, "simpleenroll", basic("X", "wrong"), REMOTE_ADDR="192.0.2.2"), 401, "key_unknown")


def test_throttles_forget_and_stay_small() -> None:
    failures = Throttle(burst=2, every=0.05, size=3)
    failures.failed("a")
    assert failures.wait("a") == 0
    failures.failed("a")
    assert failures.wait("a") == 1
    time.sleep(0.06)
    assert failures.wait("a") == 0
    for name in "bcdef":
        failures.failed(name)
    assert len(failures._free_at) == 3


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
    ],
)
def test_one_subscriber_is_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


def test_nothing_secret_is_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    post(client, "simpleenroll", basic("TC1", "a-very-secret-text"))
    text = " ".join(record.getMessage() for record in caplog.records)
    assert "enrolment_refused" in text
    assert "secret" not in text
