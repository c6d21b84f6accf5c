"""A server of the device connector in a thread of the tests, and devices that talk to it over real sockets."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import jwt
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from django.core.asgi import get_asgi_application
from prometheus_client import REGISTRY
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.factories import DeviceFactory
from tests.services.process import wait_until
from ums.connector import runtime
from ums.connector.models import Certificate
from ums.connector.services.certificates import certificate_issue, check_request
from ums.connector.socket import device_socket
from ums.devices.models import Device, Presence, SettingsState
from ums.domain.protocol import (
    PROOF_AUDIENCE,
    Close,
    DeviceMessage,
    Hello,
    Ready,
    Welcome,
    decode_server,
    encode,
)
from ums.live import publish

PATH = "/device-connector/device/ws-connect"

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def csr_of(key: PrivateKey, unit_id: str) -> bytes:
    """A certificate request (DER)."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, unit_id)])
    return (
        x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    )


def pem_of(key: PrivateKey) -> str:
    """The public key as it is stored."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def metric(name: str, **labels: str) -> float:
    """The value of a metric of this process."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


class SimDevice:
    """A device with a certificate, as the database knows it."""

    def __init__(self, key: PrivateKey | None = None, algorithm: str = "ES256", **fields: Any) -> None:
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.algorithm = algorithm
        self.row: Device = DeviceFactory(**fields)
        request = check_request(csr_of(self.key, self.row.unit_id), self.row.unit_id)
        self.certificate: Certificate = certificate_issue(device=self.row, request=request, enrolment_key=None)

    @property
    def state(self) -> SettingsState:
        """The state of its settings now."""
        return SettingsState.objects.get(pk=self.row.pk)

    @property
    def presence(self) -> Presence:
        """Its presence as stored."""
        return Presence.objects.get(pk=self.row.pk)

    def token(self, welcome_time: float, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A proof; `claims` replace or add to the right ones."""
        headers = {"kid": self.certificate.fingerprint, **(header or {})}
        return jwt.encode(self.claims(welcome_time, **claims), self.key, algorithm=self.algorithm, headers=headers)

    def claims(self, welcome_time: float, **claims: Any) -> dict[str, Any]:
        """What a proof says."""
        issued = int(welcome_time)
        return {"sub": self.row.unit_id, "aud": PROOF_AUDIENCE, "iat": issued, "exp": issued + 60, **claims}

    def hello(self, welcome: Welcome, **fields: Any) -> Hello:
        """A good hello, but for `fields`."""
        proof = self.token(welcome.time, nonce=welcome.nonce)
        return Hello(**{"unit_id": self.row.unit_id, "proof": proof, "boot_id": "boot-1", **fields})


class Talk:
    """One connection of a device to the server, frame by frame."""

    def __init__(self, port: int, headers: dict[str, str] | None = None) -> None:
        self._stack = ExitStack()
        self.ws: ClientConnection = self._stack.enter_context(
            connect(
                f"ws://127.0.0.1:{port}{PATH}", compression=None, max_size=None, additional_headers=headers, proxy=None
            )
        )

    def send(self, message: DeviceMessage | bytes | str) -> None:
        """A message, or anything else."""
        self.ws.send(message if isinstance(message, bytes | str) else encode(message))

    def receive(self, seconds: float = 5) -> Any:
        """The server's next message. Raises TimeoutError, ConnectionClosed."""
        frame = self.ws.recv(seconds)
        assert isinstance(frame, bytes)
        return decode_server(frame)

    def expect(self, kind: type, seconds: float = 5) -> Any:
        """The next message, which is of this kind."""
        message = self.receive(seconds)
        assert isinstance(message, kind), message
        return message

    def silent(self, seconds: float = 0.4) -> None:
        """The server says nothing."""
        with suppress(TimeoutError):
            raise AssertionError(self.receive(seconds))

    def log_in(self, device: SimDevice, **fields: Any) -> Ready:
        """Welcome, hello, ready."""
        self.send(device.hello(self.expect(Welcome), **fields))
        return self.expect(Ready)

    def closed(self, code: Close | int, seconds: float = 5) -> str:
        """The server closes with this code; what it says."""
        end = time.monotonic() + seconds
        with pytest.raises(ConnectionClosed) as caught:  # noqa: PT012 - reads until it happens
            while (left := end - time.monotonic()) > 0:
                self.ws.recv(left)
        frame = caught.value.rcvd
        assert frame is not None, caught.value
        assert frame.code == code, frame
        return frame.reason

    def close(self) -> None:
        """Say goodbye."""
        self._stack.close()

    def cut(self) -> None:
        """The cable is out: no goodbye."""
        with suppress(OSError):
            self.ws.socket.shutdown(socket.SHUT_RDWR)
        self._stack.close()


class Server:
    """uvicorn with the device socket and Django, in a thread."""

    def __init__(self) -> None:
        pages = get_asgi_application()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.talks: list[Talk] = []

        async def application(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "lifespan":
                await receive()
                self.loop = asyncio.get_running_loop()
                publish.attach(self.loop)
                await runtime.start()
                await send({"type": "lifespan.startup.complete"})
                await receive()
                await runtime.stop(drain=False)
                publish.attach(None)
                await send({"type": "lifespan.shutdown.complete"})
            else:
                await (device_socket if scope["type"] == "websocket" else pages)(scope, receive, send)

        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._uvicorn = uvicorn.Server(
            uvicorn.Config(
                application,
                lifespan="on",
                log_config=None,
                ws="websockets-sansio",
                ws_ping_interval=None,
                ws_max_size=512 * 1024,
                ws_per_message_deflate=False,
                proxy_headers=False,
            )
        )
        self._thread = threading.Thread(target=self._uvicorn.run, args=([self._listening],), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        wait_until(lambda: self._uvicorn.started, 10, "server")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for talk in self.talks:
            with suppress(Exception):
                talk.close()
        self._uvicorn.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive()

    @property
    def runtime(self) -> runtime.Runtime:
        """What runs in it."""
        current = runtime.current()
        assert current is not None
        return current

    def run(self, coroutine: Coroutine[Any, Any, Any], seconds: float = 15) -> Any:
        """Run something in the server's event loop."""
        assert self.loop is not None
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(seconds)

    def talk(self, headers: dict[str, str] | None = None) -> Talk:
        """A new connection, closed at the end of the test."""
        talk = Talk(self.port, headers)
        self.talks.append(talk)
        return talk

    def log_in(self, device: SimDevice, **fields: Any) -> Talk:
        """A connection of a device that is in."""
        talk = self.talk()
        talk.log_in(device, **fields)
        self.wait(lambda: device.row.pk in self.runtime.links, "the device is in the table")
        return talk

    def wait(self, true: Callable[[], bool], what: str, seconds: float = 5) -> None:
        """Ask until it is true."""
        wait_until(true, seconds, what)


def expired(certificate: Certificate) -> None:
    """Let a certificate have expired."""
    Certificate.objects.filter(pk=certificate.pk).update(not_after=datetime.now(UTC) - timedelta(seconds=1))
