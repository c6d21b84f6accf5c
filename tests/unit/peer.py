"""A small server that speaks the device protocol for real: TLS, EST and the socket, on loopback."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
import socket
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import jwt
import msgspec
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from ums.domain import protocol
from ums.domain.protocol import encode

EST = "/device-connector/device/.well-known/est"
SOCKET = "/device-connector/device/ws-connect"
KEY = "open-sesame"
UNIT = "00E0C5000001"


class Authority:
    """A certificate authority, as small as possible."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self.sign(self._name, self.key.public_key(), authority=True)

    def sign(
        self,
        subject: x509.Name,
        public_key: Any,
        *,
        authority: bool = False,
        names: list[x509.GeneralName] | None = None,
        days: float = 365,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        if authority:
            usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
            builder = builder.add_extension(usage, critical=True)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256())


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


class Peer:
    """State and answers of the server; an ASGI application."""

    def __init__(self, directory: Path) -> None:
        self.root = Authority("web root")
        self.devices_ca = Authority("device CA")
        self.url = ""
        self.ca_file = directory / "root.pem"
        self.fingerprint = hashlib.sha256(der(self.root.certificate)).hexdigest()
        self.certificates: dict[str, x509.Certificate] = {}  # by fingerprint
        self.problem: tuple[int, str] | None = None
        self.close_with: int | None = None
        self.days = 365.0
        self.heartbeat = 60.0
        self.inventory = True
        self.servers: tuple[str, ...] = ()
        self.seq, self.tag = 0, ""
        self.body: dict[str, Any] = {"values": {}, "instances": {}, "locked": []}
        self.hellos: list[protocol.Hello] = []
        self.received: list[Any] = []
        self.contents: dict[str, bytes] = {}  # of files, by SHA-256
        self.asked: list[tuple[str, str]] = []  # requests for files, with their range
        self.breaks_off = False
        self.confirms = True
        self.users: dict[str, str] | None = None  # passwords of users; None: a server older than logins
        self.deaf = False  # it takes logins, and its directory answers never
        self.session: tuple[str, str] = ("", "")  # login and user that it believes to be at the device
        self.outcomes: dict[str, int] = {}  # by login
        self.logins = 0
        self.tracks = False  # it wants to know what is plugged in
        self.enrolments = 0
        self._sockets: dict[str, Callable[[dict[str, Any]], Any]] = {}
        self._directory = directory
        directory.mkdir(exist_ok=True)
        self.ca_file.write_bytes(pem(self.root.certificate))

    # -------------------------------------------------------- what tests do

    def save(self, values: dict[str, Any], **more: Any) -> None:
        """New settings, without a nudge."""
        self.seq += 1
        self.body = {"values": values, "instances": {}, "locked": [], **more}
        self.tag = hashlib.sha256(msgspec.json.encode(self.body, order="sorted")).hexdigest()[:32]

    def file(self, path: str, content: bytes, **more: Any) -> dict[str, Any]:
        """A file for `save(…, files=[…])`, to be had from now on."""
        sha256 = hashlib.sha256(content).hexdigest()
        self.contents[sha256] = content
        return {"path": path, "sha256": sha256, "size": len(content), **more}

    async def send(self, unit_id: str, message: Any) -> None:
        await self._sockets[unit_id]({"type": "websocket.send", "bytes": encode(message)})

    async def close(self, unit_id: str, code: int) -> None:
        await self._sockets[unit_id]({"type": "websocket.close", "code": code})

    def connected(self, unit_id: str) -> bool:
        return unit_id in self._sockets

    def of(self, kind: type) -> list[Any]:
        return [message for message in self.received if isinstance(message, kind)]

    # -------------------------------------------------------- ASGI

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(receive, send)

    async def _http(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            event = await receive()
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        headers = dict(scope["headers"])
        if scope["path"].startswith(protocol.FILE_PATH):
            await self._file(scope["path"].removeprefix(protocol.FILE_PATH), headers, send)
            return
        status, kind, answer = self._est(scope["path"].removeprefix(EST), headers, body)
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": answer})

    async def _file(self, sha256: str, headers: dict[bytes, bytes], send: Any) -> None:
        claims = self._proven(headers[b"authorization"].decode().removeprefix("Bearer "))
        assert (claims["file"], "nonce" in claims, "csr" in claims) == (sha256, False, False)
        self.asked.append((sha256, headers.get(b"range", b"").decode()))
        content = self.contents.get(sha256)
        start = int(headers[b"range"].removeprefix(b"bytes=").removesuffix(b"-")) if b"range" in headers else 0
        status, answer = (404, b"") if content is None else (206 if start else 200, content[start:])
        length = str(len(answer)).encode()
        told = [(b"content-length", length), (b"content-range", f"bytes {start}-{start + len(answer) - 1}/*".encode())]
        if self.breaks_off:
            answer, self.breaks_off = answer[: len(answer) // 2], False
        await send({"type": "http.response.start", "status": status, "headers": told})
        await send({"type": "http.response.body", "body": answer})

    def _est(self, path: str, headers: dict[bytes, bytes], body: bytes) -> tuple[int, bytes, bytes]:
        if path == "/cacerts":
            return self._certificates([self.devices_ca.certificate])
        if self.problem is not None:
            return self._refuse(*self.problem)
        assert headers[b"content-type"] == b"application/pkcs10"
        csr = x509.load_der_x509_csr(base64.b64decode(body))
        assert csr.is_signature_valid
        scheme, _, credentials = headers[b"authorization"].decode().partition(" ")
        unit_id = str(csr.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
        if path == "/simpleenroll":
            assert scheme == "Basic"
            if base64.b64decode(credentials).decode() != f"{unit_id}:{KEY}":
                return self._refuse(401, "The first-authentication key is wrong.")
        else:
            assert scheme == "Bearer"
            claims = self._proven(credentials)
            assert claims["sub"] == unit_id
            assert claims["csr"] == hashlib.sha256(base64.b64decode(body)).hexdigest()
        certificate = self.devices_ca.sign(csr.subject, csr.public_key(), days=self.days)
        self.certificates[hashlib.sha256(der(certificate)).hexdigest()] = certificate
        self.enrolments += 1
        return self._certificates([certificate])

    def _certificates(self, certificates: list[x509.Certificate]) -> tuple[int, bytes, bytes]:
        data = pkcs7.serialize_certificates(certificates, serialization.Encoding.DER)
        return 200, b"application/pkcs7-mime", base64.encodebytes(data)

    def _refuse(self, status: int, title: str) -> tuple[int, bytes, bytes]:
        return status, b"application/problem+json", json.dumps({"title": title, "detail": "", "code": "x"}).encode()

    def _proven(self, proof: str) -> dict[str, Any]:
        certificate = self.certificates[jwt.get_unverified_header(proof)["kid"]]
        return jwt.decode(
            proof, certificate.public_key(), algorithms=["ES256", "RS256"], audience=protocol.PROOF_AUDIENCE
        )

    async def _websocket(self, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        nonce = secrets.token_urlsafe(16)
        await send({"type": "websocket.send", "bytes": encode(protocol.Welcome(nonce=nonce, time=time.time()))})
        unit_id = ""
        while True:
            event = await receive()
            if event["type"] == "websocket.disconnect":
                self._sockets.pop(unit_id, None)
                return
            message = protocol.decode_device(event["bytes"])
            if isinstance(message, protocol.Hello):
                claims = self._proven(message.proof)
                assert (claims["nonce"], claims["sub"]) == (nonce, message.unit_id)
                self.hellos.append(message)
                if self.close_with is not None:
                    await send({"type": "websocket.close", "code": self.close_with})
                    continue
                unit_id = message.unit_id
                self._sockets[unit_id] = send
                self.logins += 1
            else:
                self.received.append(message)
            for answer in self._answers(message):
                await send({"type": "websocket.send", "bytes": encode(answer)})

    def _answers(self, message: Any) -> list[Any]:
        match message:
            case protocol.Hello():
                if self.session[0] not in (message.login, message.trying):
                    self.session = ("", "")
                current, user = self.session
                asked = [protocol.TellAssets()] if self.tracks else []
                return [
                    protocol.Ready(
                        login=None if self.users is None else protocol.LoginOptions(True, ("CORP",), current, user),
                        unchanged=message.tag == self.tag,
                        heartbeat=self.heartbeat,
                        inventory=self.inventory,
                        servers=self.servers,
                        name="device",
                    ),
                    *asked,
                ]
            case protocol.Ask() if message.tag == self.tag:
                return [protocol.Unchanged(seq=self.seq)]
            case protocol.Ask():
                body = msgspec.Raw(msgspec.msgpack.encode(self.body))
                return [protocol.Settings(seq=self.seq, tag=self.tag, body=body)]
            case protocol.AssetEvents() if self.confirms:
                return [protocol.AssetsStored(message.journal, message.sequence)]
            case protocol.CommandResult() if self.confirms:
                return [protocol.Confirmed(id=message.id)]
            case protocol.Login() | protocol.ChangePassword() if self.users is not None and not self.deaf:
                return self._login(message)
            case protocol.Logout() if self.users is not None:
                if self.session[0] == message.id:
                    self.session = ("", "")
                return [protocol.LoggedOut(message.id), protocol.Unchanged(seq=self.seq)]
        return []

    def _login(self, message: Any) -> list[Any]:
        assert self.users is not None
        if message.id not in self.outcomes:
            right = self.users.get(message.user) == message.password
            self.outcomes[message.id] = 0 if right else 3
            if right and isinstance(message, protocol.ChangePassword):
                self.users[message.user] = message.new_password
            if right:
                self.session = (message.id, message.user)
        outcome = self.outcomes[message.id]
        result = protocol.LoginResult(message.id, outcome, "" if outcome == 0 else "Wrong.", user=message.user)
        return [result, protocol.Unchanged(seq=self.seq)] if outcome == 0 else [result]

    # -------------------------------------------------------- listening

    @asynccontextmanager
    async def listen(self, port: int = 0) -> Any:
        """Serves on a loopback port until the end of the block."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        names = [x509.IPAddress(IPv4Address("127.0.0.1"))]
        leaf = self.root.sign(subject, key.public_key(), names=names)
        chain, secret = self._directory / "chain.pem", self._directory / "key.pem"
        chain.write_bytes(pem(leaf) + pem(self.root.certificate))
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        listener = socket.create_server(("127.0.0.1", port))
        self.url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            self,
            ssl_certfile=chain,
            ssl_keyfile=secret,
            ws="websockets-sansio",
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        try:
            yield self
        finally:
            server.should_exit = True
            await serving
            listener.close()


async def until(condition: Callable[[], Any], timeout: float = 10.0) -> Any:
    """The first true value of `condition`. Raises TimeoutError."""
    async with asyncio.timeout(timeout):
        while not (value := condition()):
            await asyncio.sleep(0.01)
        return value
