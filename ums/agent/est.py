"""Client of the server's EST service (RFC 7030): how a device gets and renews its certificate."""

from __future__ import annotations

import base64
import binascii
import hashlib
import ssl
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7

from .identity import Identity, IdentityError

EST_PATH = "/device-connector/device/.well-known/est"
TIMEOUT = 45.0
"""Seconds until a request is given up (domain/device-protocol.md §6, connect_timeout)."""

_PERMANENT = frozenset({400, 401, 403, 409, 413})


class EstError(Exception):
    """The server gave no certificate. `status` is 0 when it was not reached at all."""

    def __init__(self, message: str, *, status: int = 0, code: str = "", retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after

    @property
    def permanent(self) -> bool:
        """Whether trying again is useless until a person changes something."""
        return self.status in _PERMANENT


@dataclass(frozen=True, slots=True)
class Anchors:
    """The device CA's certificates, and the server's clock when it sent them."""

    certificates: tuple[x509.Certificate, ...]
    server_time: float


class EstClient:
    """Requests over one verified TLS context. Close it with `aclose()`."""

    def __init__(self, context: ssl.SSLContext | bool, timeout: float = TIMEOUT, connections: int = 10) -> None:
        # Proxy variables are not used: the socket would not go through that proxy either.
        self._client = httpx.AsyncClient(
            verify=context,
            timeout=timeout,
            trust_env=False,
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        )

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def cacerts(self, server: str) -> Anchors:
        """The device CA (RFC 7030 §4.1). Raises EstError."""
        response = await self._request("GET", f"{server}{EST_PATH}/cacerts")
        return Anchors(_certificates(response), _server_time(response))

    async def enrol(self, server: str, identity: Identity, unit_id: str, key: str, anchors: Anchors) -> Identity:
        """A first certificate, with a first-authentication key (RFC 7030 §4.2.1). Raises EstError."""
        body = identity.csr(unit_id)
        password = httpx.BasicAuth(unit_id.encode(), key.encode())
        response = await self._post(f"{server}{EST_PATH}/simpleenroll", body, auth=password)
        return _accept(response, identity, unit_id, anchors)

    async def renew(self, server: str, present: Identity, fresh: Identity, unit_id: str, anchors: Anchors) -> Identity:
        """A certificate for the `fresh` key, asked for with the `present` one (RFC 7030 §4.2.2). Raises EstError."""
        body = fresh.csr(unit_id)
        proof = present.proof(unit_id, anchors.server_time, csr=hashlib.sha256(body).hexdigest())
        headers = {"Authorization": f"Bearer {proof}"}
        response = await self._post(f"{server}{EST_PATH}/simplereenroll", body, headers=headers)
        return _accept(response, fresh, unit_id, anchors)

    async def _post(
        self, url: str, csr: bytes, auth: httpx.BasicAuth | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        headers = {"Content-Type": "application/pkcs10", "Content-Transfer-Encoding": "base64", **(headers or {})}
        return await self._request("POST", url, content=base64.b64encode(csr), headers=headers, auth=auth)

    async def _request(self, method: str, url: str, **options: object) -> httpx.Response:
        try:
            response = await self._client.request(method, url, **options)  # type: ignore[arg-type]
        except httpx.TimeoutException as error:
            raise EstError("The server did not answer in time.") from error
        except (httpx.HTTPError, OSError, ssl.SSLError) as error:
            raise EstError(f"The server cannot be reached: {error}") from error
        if response.status_code != 200:
            raise _refusal(response)
        return response


def _accept(response: httpx.Response, identity: Identity, unit_id: str, anchors: Anchors) -> Identity:
    certificates = _certificates(response)
    for anchor in anchors.certificates:
        try:
            certificates[0].verify_directly_issued_by(anchor)
            break
        except (ValueError, TypeError, InvalidSignature):
            continue
    else:
        raise EstError("The certificate that the server gave is not signed by its device CA.")
    try:
        return identity.with_certificate(certificates[0].public_bytes(serialization.Encoding.DER), unit_id)
    except IdentityError as error:
        raise EstError(str(error)) from error


def _certificates(response: httpx.Response) -> tuple[x509.Certificate, ...]:
    try:
        found = pkcs7.load_der_pkcs7_certificates(base64.b64decode(response.content))
    except (ValueError, binascii.Error, TypeError) as error:
        raise EstError("The answer of the server is not a list of certificates.") from error
    if not found:
        raise EstError("The answer of the server holds no certificate.")
    return tuple(found)


def _server_time(response: httpx.Response) -> float:
    """The server's clock: thin clients whose clock battery is dead wake up in another year."""
    try:
        return parsedate_to_datetime(response.headers["date"]).timestamp()
    except (KeyError, ValueError):
        return time.time()


def _refusal(response: httpx.Response) -> EstError:
    title, detail, code = f"HTTP status {response.status_code}", "", ""
    try:
        problem = response.json()
        title, detail = str(problem.get("title") or title), str(problem.get("detail") or "")
        code = str(problem.get("code") or "")
    except (ValueError, AttributeError):
        pass  # a proxy in between answers in its own words; the status says enough
    try:
        retry_after = max(0.0, float(response.headers.get("retry-after", 0)))
    except ValueError:
        retry_after = 60.0
    message = detail if detail.startswith(title) else " ".join(filter(None, (title.rstrip(".") + ".", detail)))
    return EstError(message[:500], status=response.status_code, code=code, retry_after=retry_after)
