"""What a broken or hostile device may send: it is told why it is cut, it is counted, and nobody else notices."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import jwt
import msgspec
import pytest
from websockets.exceptions import ConnectionClosed

from tests.apps.connector.world import Server, SimDevice, Talk, expired, metric
from tests.factories import CatalogueFactory
from ums.connector import socket as device_socket
from ums.connector.services import certificate_revoke
from ums.core.actor import SYSTEM
from ums.domain.protocol import (
    MAX_DEVICE_FRAME,
    Adapter,
    Ask,
    Close,
    CommandResult,
    Heartbeat,
    Hello,
    Inventory,
    LocalSettings,
    Settings,
    Unchanged,
    Welcome,
    encode,
)


@pytest.fixture
def neighbour(server: Server) -> tuple[SimDevice, Talk]:
    """Another device, which must not notice anything."""
    device = SimDevice()
    return device, server.log_in(device)


@pytest.fixture(autouse=True)
def nobody_is_harmed(server: Server, neighbour: tuple[SimDevice, Talk]) -> Iterator[None]:
    yield
    _, talk = neighbour
    talk.send(Ask())
    assert isinstance(talk.receive(), Settings | Unchanged)
    server.log_in(SimDevice()).close()
    server.wait(lambda: not server.runtime.waiting, "nobody waits")


def rejected(reason: str) -> float:
    return metric("ums_device_rejected_total", reason=reason)


def cut(talk: Talk, code: Close | int, reason: str, before: float) -> None:
    """The connection was closed with a code, and counted."""
    told = talk.closed(code)
    if isinstance(code, Close):
        assert told == code.reason
    assert rejected(reason) == before + 1


BROKEN: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("no msgpack", b"\xc1"),
    ("a truncated map", b"\x85\xa4type"),
    ("a list", msgspec.msgpack.encode([1, 2])),
    ("a map without a type", msgspec.msgpack.encode({"a": 1})),
    ("a type that is no text", msgspec.msgpack.encode({"type": 7})),
    ("a field of another type", msgspec.msgpack.encode({"type": "applied", "seq": "one", "tag": ""})),
    ("a missing field", msgspec.msgpack.encode({"type": "applied", "tag": ""})),
    ("a negative count", msgspec.msgpack.encode({"type": "applied", "seq": -1, "tag": ""})),
    ("a huge count", msgspec.msgpack.encode({"type": "applied", "seq": 2**63, "tag": ""})),
    ("a long text", msgspec.msgpack.encode({"type": "ask", "tag": "x" * 129})),
    ("bytes for a text", msgspec.msgpack.encode({"type": "ask", "tag": b"x"})),
    ("text that is no UTF-8", b"\x82\xa4type\xa3ask\xa3tag\xa2\xff\xfe"),
    ("a NUL in a text", encode(Ask(tag="a\0b"))),
    ("a NUL deep inside", encode(Inventory(adapters=[Adapter("eth0", addresses=["\0"])]))),
    ("a NUL in a key", encode(Inventory(extra={"a\0": "b"}))),
    ("deep nesting", b"\x82\xa4type\xa3ask\xa3tag" + b"\x91" * 100_000),
    ("many keys", msgspec.msgpack.encode({"type": "inventory", "extra": {str(n): "" for n in range(101)}})),
]


@pytest.mark.parametrize("frame", [frame for _, frame in BROKEN], ids=[name for name, _ in BROKEN])
def test_broken_frames(server: Server, frame: bytes) -> None:
    talk, before = server.log_in(SimDevice()), rejected("bad_message")
    talk.send(frame)
    cut(talk, Close.BAD_MESSAGE, "bad_message", before)


def test_broken_hello(server: Server) -> None:
    talk, before = server.talk(), rejected("bad_message")
    talk.send(b"\xc1")
    cut(talk, Close.BAD_MESSAGE, "bad_message", before)


@pytest.mark.parametrize("logged_in", [False, True])
def test_text_frame(server: Server, logged_in: bool) -> None:
    talk, before = (server.log_in(SimDevice()) if logged_in else server.talk()), rejected("text_frame")
    talk.send("hello")
    cut(talk, Close.BAD_MESSAGE, "text_frame", before)


def test_frame_above_the_limit(server: Server) -> None:
    talk, before = server.log_in(SimDevice()), rejected("too_big")
    talk.send(bytes(MAX_DEVICE_FRAME + 1))
    cut(talk, Close.TOO_BIG, "too_big", before)


def test_frame_above_the_limit_of_the_web_server(server: Server) -> None:
    talk, before = server.log_in(SimDevice()), rejected("too_big")
    with suppress(ConnectionClosed):
        talk.send(bytes(2 * 1024 * 1024))
    server.wait(lambda: rejected("too_big") == before + 1, "counted")


def test_large_hello(server: Server) -> None:
    talk, before = server.talk(), rejected("too_big")
    talk.send(bytes(9000))
    cut(talk, Close.TOO_BIG, "too_big", before)


@pytest.mark.parametrize("message", [Ask(), Heartbeat(), Inventory(), CommandResult(1, True)])
def test_anything_before_hello(server: Server, message: Any) -> None:
    talk, before = server.talk(), rejected("wrong_order")
    talk.send(message)
    cut(talk, Close.BAD_MESSAGE, "wrong_order", before)


def test_second_hello(server: Server) -> None:
    device, before = SimDevice(), rejected("wrong_order")
    talk = server.log_in(device)
    talk.send(Hello(unit_id=device.row.unit_id))
    cut(talk, Close.BAD_MESSAGE, "wrong_order", before)


def test_other_protocol(server: Server) -> None:
    device, talk, before = SimDevice(), server.talk(), rejected("unsupported")
    talk.send(device.hello(talk.expect(Welcome), protocol=7))
    cut(talk, Close.UNSUPPORTED, "unsupported", before)


def test_slow_hello(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_socket, "HELLO_WITHIN", 0.2)
    talk, before = server.talk(), rejected("too_late")
    cut(talk, Close.TOO_LATE, "too_late", before)


FORGED: dict[str, Callable[[SimDevice, Welcome], str]] = {
    "no proof": lambda device, welcome: "",
    "no token": lambda device, welcome: "a.b.c",
    "nonce of another connection": lambda device, welcome: device.token(welcome.time, nonce="other"),
    "no nonce": lambda device, welcome: device.token(welcome.time),
    "made for a certificate request": lambda d, w: d.token(w.time, nonce=w.nonce, csr="0" * 64),
    "another audience": lambda device, welcome: device.token(welcome.time, nonce=welcome.nonce, aud="other"),
    "another subject": lambda device, welcome: device.token(welcome.time, nonce=welcome.nonce, sub="other"),
    "expired": lambda device, welcome: device.token(welcome.time - 70, nonce=welcome.nonce),
    "valid too long": lambda d, w: d.token(w.time, nonce=w.nonce, exp=int(w.time) + 3600),
    "from the future": lambda d, w: d.token(w.time + 30, nonce=w.nonce, exp=int(w.time) + 60),
    "no expiry": lambda d, w: d.token(w.time, nonce=w.nonce, exp=None),
    "signed by another key": lambda d, w: SimDevice().token(
        w.time, nonce=w.nonce, sub=d.row.unit_id, header={"kid": d.certificate.fingerprint}
    ),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_forged_proofs(server: Server, forge: Callable[[SimDevice, Welcome], str]) -> None:
    device, talk, before = SimDevice(), server.talk(), rejected("proof_invalid")
    welcome = talk.expect(Welcome)
    talk.send(device.hello(welcome, proof=forge(device, welcome)))
    cut(talk, Close.NOT_PROVEN, "proof_invalid", before)


def _algorithm_none(device: SimDevice, welcome: Welcome) -> str:
    claims = device.claims(welcome.time, nonce=welcome.nonce)
    return jwt.encode(claims, "", algorithm="none", headers={"kid": device.certificate.fingerprint})


def _hmac_with_the_public_key(device: SimDevice, welcome: Welcome) -> str:
    header = b64(json.dumps({"alg": "HS256", "kid": device.certificate.fingerprint}).encode())
    signed = f"{header}.{b64(json.dumps(device.claims(welcome.time, nonce=welcome.nonce)).encode())}"
    mac = hmac.new(device.certificate.public_key.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{b64(mac)}"


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.mark.parametrize("forge", [_algorithm_none, _hmac_with_the_public_key])
def test_the_token_does_not_choose_the_algorithm(server: Server, forge: Callable[[SimDevice, Welcome], str]) -> None:
    device, talk, before = SimDevice(), server.talk(), rejected("proof_invalid")
    welcome = talk.expect(Welcome)
    talk.send(device.hello(welcome, proof=forge(device, welcome)))
    cut(talk, Close.NOT_PROVEN, "proof_invalid", before)


def test_replayed_hello(server: Server) -> None:
    device, first, second = SimDevice(), server.talk(), server.talk()
    hello = device.hello(first.expect(Welcome))
    first.send(hello)
    before = rejected("proof_invalid")
    second.send(hello)
    cut(second, Close.NOT_PROVEN, "proof_invalid", before)


def test_token_of_another_device(server: Server) -> None:
    victim, thief, talk = SimDevice(), SimDevice(), server.talk()
    before = rejected("certificate_of_other")
    talk.send(thief.hello(talk.expect(Welcome), unit_id=victim.row.unit_id))
    cut(talk, Close.REFUSED, "certificate_of_other", before)


def test_expired_certificate(server: Server) -> None:
    device, talk, before = SimDevice(), server.talk(), rejected("certificate_expired")
    expired(device.certificate)
    talk.send(device.hello(talk.expect(Welcome)))
    cut(talk, Close.REFUSED, "certificate_expired", before)


def test_revoked_certificate(server: Server) -> None:
    device, talk, before = SimDevice(), server.talk(), rejected("certificate_revoked")
    certificate_revoke(actor=SYSTEM, certificate=device.certificate)
    talk.send(device.hello(talk.expect(Welcome)))
    cut(talk, Close.REFUSED, "certificate_revoked", before)


def test_unknown_certificate(server: Server) -> None:
    device, talk, before = SimDevice(), server.talk(), rejected("certificate_unknown")
    device.certificate.delete()
    talk.send(device.hello(talk.expect(Welcome)))
    cut(talk, Close.REFUSED, "certificate_unknown", before)


def test_flood(server: Server, neighbour: tuple[SimDevice, Talk]) -> None:
    """1,000 messages a second: cut after the burst; the neighbour is answered meanwhile."""
    talk, before = server.log_in(SimDevice()), rejected("too_many")
    frame = encode(Heartbeat())
    with suppress(ConnectionClosed):
        for _ in range(1000):
            talk.ws.send(frame)
    start = time.monotonic()
    neighbour[1].send(Ask())
    neighbour[1].expect(Settings)
    assert time.monotonic() - start < 1
    cut(talk, Close.TOO_MANY, "too_many", before)


def test_a_burst_within_bounds_is_fine(server: Server) -> None:
    talk = server.log_in(SimDevice())
    for _ in range(90):
        talk.send(Heartbeat())
    talk.send(Ask())
    talk.expect(Settings)


def test_unknown_types_are_ignored(server: Server) -> None:
    talk, before = server.log_in(SimDevice()), metric("ums_device_messages_total", type="unknown")
    talk.send(msgspec.msgpack.encode({"type": "telepathy", "strength": 11}))
    talk.send(Ask())
    talk.expect(Settings)
    assert metric("ums_device_messages_total", type="unknown") == before + 1


def test_numbers_that_no_column_holds(server: Server) -> None:
    device = SimDevice()
    talk = server.log_in(device)
    talk.send(Inventory(hostname="large", cores=2**31 - 1, memory_mb=2**53, storage_mb=2**53))
    talk.send(Ask())
    talk.expect(Settings)
    device.row.refresh_from_db()
    assert device.row.network_name == "large"
    before = rejected("bad_message")
    talk.send(Inventory(cores=2**31))
    cut(talk, Close.BAD_MESSAGE, "bad_message", before)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e308, 2**60, -(2**60), "\ud7ff", "x" * 4096])
def test_odd_values_set_at_a_device(server: Server, value: float | str) -> None:
    CatalogueFactory()
    talk = server.log_in(SimDevice())
    talk.send(LocalSettings(values={"system.volume": value, "system.timezone": value}))
    talk.send(Ask())
    while not isinstance(talk.receive(), Settings):
        pass


def test_header_of_an_untrusted_peer_is_ignored(server: Server) -> None:
    device, before = SimDevice(), rejected("proof_invalid")
    talk = server.talk({"X-SSL-CERT": quote(device.certificate.certificate)})
    talk.send(device.hello(talk.expect(Welcome), proof=""))
    cut(talk, Close.NOT_PROVEN, "proof_invalid", before)


def test_cut_in_the_middle_of_everything(server: Server) -> None:
    for stop in range(4):
        device, talk = SimDevice(), server.talk()
        if stop:
            welcome = talk.expect(Welcome)
        if stop > 1:
            talk.send(device.hello(welcome))
        if stop > 2:
            talk.send(Ask())
        talk.cut()
    server.wait(lambda: len(server.runtime.links) == 1 and not server.runtime.waiting, "only the neighbour is left")
