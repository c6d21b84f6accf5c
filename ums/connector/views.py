"""EST (RFC 7030): how devices get and renew their certificates; and the files that they fetch. Described in
docs/device-protocol.md.
"""

from __future__ import annotations

import binascii
import hashlib
import time
from base64 import b64decode, encodebytes
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from ums.connector import throttle
from ums.connector.metrics import enrolment_counted
from ums.connector.models import Authority
from ums.connector.proofs import Proof, ProofError
from ums.connector.selectors import certificate_valid, content_for_device
from ums.connector.services import authority_ensure, device_enrol, device_reenrol
from ums.connector.unit_ids import check_unit_id
from ums.core.actor import Actor
from ums.core.errors import AppError
from ums.core.middleware import client_address
from ums.core.throttle import network_of
from ums.files.answers import content_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from ums.connector.models import Certificate
    from ums.core.throttle import Throttle

log = structlog.get_logger("ums.connector")

MAX_BODY = 64 * 1024
"""Bytes of a request's body."""

CHALLENGES = {"Basic": 'Basic realm="UMS", charset="UTF-8"', "Bearer": 'Bearer realm="UMS"'}


@login_not_required
@csrf_exempt
@require_GET
def cacerts(request: HttpRequest) -> HttpResponse:
    """The certificate of the device CA (RFC 7030 §4.1)."""
    return _certificates(authority_ensure(purpose=Authority.Purpose.DEVICE).certificate)


@login_not_required
@csrf_exempt
@require_POST
@never_cache
def simpleenroll(request: HttpRequest) -> HttpResponse:
    """A first certificate (RFC 7030 §4.2.1). HTTP Basic: the unit id, and a first-authentication key."""
    return _answer(request, "Basic", "enrolled", _enrol)


@login_not_required
@csrf_exempt
@require_POST
@never_cache
def simplereenroll(request: HttpRequest) -> HttpResponse:
    """A new certificate (RFC 7030 §4.2.2). Bearer: a proof made with the present key for this very request."""
    return _answer(request, "Bearer", "renewed", _renew)


@login_not_required
@csrf_exempt
@require_GET
def device_file(request: HttpRequest, sha256: str) -> HttpResponseBase:
    """The content of a file that the device should have. Bearer: a proof made for this file; a Range is served."""
    network = network_of(client_address(request))
    try:
        _check(throttle.addresses, network)
        device = _proven(_credentials(request, "Bearer"), file=sha256).device
    except _TooManyFailures as error:
        return _problem(error, {"Retry-After": str(error.seconds)})
    except AppError as error:
        throttle.addresses.failed(network)
        return _problem(error, {"WWW-Authenticate": CHALLENGES["Bearer"]})
    content = content_for_device(device=device, sha256=sha256)
    if content is None:
        refused = AppError("file_unknown", "There is no such file, or it is not for this device.", status=404)
        return _problem(refused, {})
    return content_answer(request, content)


def _enrol(credentials: str, csr: bytes, address: str) -> Certificate:
    unit_id, secret = _basic(credentials)
    check_unit_id(unit_id)  # before it is remembered: what is no unit ID may be of any length
    with _Throttled(unit_id):
        return device_enrol(
            actor=Actor(name=f"device {unit_id}"[:150], address=address), unit_id=unit_id, secret=secret, csr=csr
        )


def _renew(credentials: str, csr: bytes, address: str) -> Certificate:
    proven = _proven(credentials, csr=hashlib.sha256(csr).hexdigest())
    actor = Actor(name=f"device {proven.device.unit_id}", address=address)
    return device_reenrol(actor=actor, proven=proven, csr=csr)


def _proven(credentials: str, **use: str) -> Certificate:
    """The certificate of the device that made a proof for this very `use`. Raises AppError `proof_invalid`."""
    try:
        proof = Proof(credentials)
        proven = certificate_valid(fingerprint=proof.fingerprint)
        if proven is None:
            raise ProofError("certificate unknown, expired or revoked")
        proof.verify(proven.public_key, unit_id=proven.device.unit_id, now=time.time(), **use)
    except ProofError as error:
        raise AppError("proof_invalid", "The proof of identity does not hold.", status=401) from error
    return proven


class _Throttled:
    """Refuses a unit id that failed too often, and counts when it fails again."""

    def __init__(self, unit_id: str) -> None:
        self._unit_id = unit_id

    def __enter__(self) -> None:
        _check(throttle.unit_ids, self._unit_id)

    def __exit__(self, kind: object, error: BaseException | None, at: object) -> None:
        if isinstance(error, AppError):
            throttle.unit_ids.failed(self._unit_id)


class _TooManyFailures(AppError):
    def __init__(self, seconds: int) -> None:
        super().__init__("throttled", "Too many failed attempts. Try again later.", status=429)
        self.seconds = seconds


def _check(failures: Throttle, name: str) -> None:
    if seconds := failures.wait(name):
        raise _TooManyFailures(seconds)


def _answer(
    request: HttpRequest, scheme: str, result: str, work: Callable[[str, bytes, str], Certificate]
) -> HttpResponse:
    address = client_address(request)
    network = network_of(address)
    try:
        _check(throttle.addresses, network)
        issued = work(_credentials(request, scheme), _csr(request), address)
    except _TooManyFailures as error:
        enrolment_counted(error.code)
        return _problem(error, {"Retry-After": str(error.seconds)})
    except AppError as error:
        enrolment_counted(error.code)
        throttle.addresses.failed(network)
        log.warning("enrolment_refused", code=error.code, address=address)
        return _problem(error, {"WWW-Authenticate": CHALLENGES[scheme]} if error.status == 401 else {})
    enrolment_counted(result)
    return _certificates(issued.certificate)


def _credentials(request: HttpRequest, scheme: str) -> str:
    kind, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != scheme.lower() or not credentials:
        raise AppError("request_invalid", f"Authorization of the type {scheme} is needed.", status=401)
    return credentials.strip()


def _basic(credentials: str) -> tuple[str, str]:
    try:
        unit_id, _, secret = b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise AppError("request_invalid", "The authorization cannot be read.", status=401) from None
    return unit_id, secret


def _csr(request: HttpRequest) -> bytes:
    """The body: a PKCS#10 request, DER in base64 with or without line breaks."""
    body = request.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        raise AppError("request_invalid", f"The request has more than {MAX_BODY:,} bytes.", status=413)
    try:
        return b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        raise AppError("request_invalid", "The body is not a certificate request in base64.") from None


def _certificates(pem: str) -> HttpResponse:
    """A certs-only PKCS#7 message (RFC 7030 §4.1.3)."""
    message = pkcs7.serialize_certificates([x509.load_pem_x509_certificate(pem.encode())], Encoding.DER)
    return HttpResponse(
        encodebytes(message),
        content_type="application/pkcs7-mime; smime-type=certs-only",
        headers={"Content-Transfer-Encoding": "base64"},
    )


def _problem(error: AppError, headers: dict[str, str]) -> JsonResponse:
    """A refusal as RFC 9457 wants it, with the stable code beside."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.message,
        "code": error.code,
    }
    return JsonResponse(body, status=error.status, content_type="application/problem+json", headers=headers)
