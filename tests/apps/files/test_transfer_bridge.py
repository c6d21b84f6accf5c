"""The bridge between the ASGI server and WebDAV: bodies in parts, clients that go away, stall or send too much."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from ums.core.bodies import bounded
from ums.files.transfer import bridge
from ums.files.transfer.bridge import Bridge, ClientGone

SCOPE = {
    "type": "http", "http_version": "1.1", "method": "PUT", "scheme": "https", "path": "/m/ä", "root_path": "/m",
    "server": ("127.0.0.1", 1), "client": ("192.0.2.1", 2), "headers": [(b"x-a", b"1"), (b"x-a", b"2")],
}  # fmt: skip


def messages(*parts: bytes, end: bool = True) -> Callable[[], Any]:
    """What a client sends; `end` False: it goes away before the end."""
    waiting = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    waiting += [{"type": "http.request", "body": b"", "more_body": False}] if end else [{"type": "http.disconnect"}]

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    return receive


class Sent(list[dict[str, Any]]):
    """What the client gets."""

    async def __call__(self, message: dict[str, Any]) -> None:
        self.append(message)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self)


def echo(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/ä" and environ["HTTP_X_A"] == "1,2"
    start_response("200 OK", [("X-Kind", "echo"), ("Date", "never")])
    while part := environ["wsgi.input"].read(4):
        yield part


async def test_bodies_pass_in_parts() -> None:
    sent = Sent()
    await Bridge(echo)(SCOPE, messages(b"123", b"4567", b"89"), sent)
    assert sent[0] == {"type": "http.response.start", "status": 200, "headers": [(b"x-kind", b"echo")]}
    assert [message["body"] for message in sent[1:]] == [b"1234", b"5678", b"9", b""]


async def test_a_client_that_goes_away_ends_the_request() -> None:
    ended = []

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            yield environ["wsgi.input"].read()
        except ClientGone:
            ended.append(True)
            raise

    sent = Sent()
    await Bridge(application)(SCOPE, messages(b"123", end=False), sent)
    assert ended and not sent


async def test_a_client_that_stalls_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "STALLS", 0.05)

    async def never() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {}

    sent = Sent()
    await Bridge(echo)(SCOPE, never, sent)
    assert not sent.body


async def test_too_much_is_refused() -> None:
    sent = Sent()
    read = []

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        read.append(environ["wsgi.input"].read())
        return []

    await bounded(Bridge(application), 5)(SCOPE, messages(b"123", b"456"), sent)
    assert not read and sent[0]["status"] == 413
