"""What a browser's socket gets that no page of ours sends."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest
from asgiref.testing import ApplicationCommunicator

from ums.live.consumers import BrowserConsumer


async def _connected(origin: bytes) -> ApplicationCommunicator:
    socket = ApplicationCommunicator(
        BrowserConsumer.as_asgi(),
        {
            "type": "websocket",
            "path": "/wums-app/live",
            "headers": [(b"host", b"ums.example"), (b"origin", origin)],
            "user": SimpleNamespace(is_authenticated=True),
        },
    )
    await socket.send_input({"type": "websocket.connect"})
    assert (await socket.receive_output())["type"] == "websocket.accept"
    return socket


@pytest.mark.parametrize("text", ["[" * 200_000, "nonsense", '{"type": "watch", "devices": ["1"]}'])
def test_it_goes_on_after_nonsense(text: str) -> None:
    async def talk() -> None:
        socket = await _connected(b"https://ums.example")
        assert json.loads((await socket.receive_output())["text"])["type"] == "welcome"
        await socket.send_input({"type": "websocket.receive", "text": text})
        await socket.send_input({"type": "websocket.receive", "bytes": b"\x00"})
        assert await socket.receive_nothing(0.2)
        assert not socket.future.done()

    asyncio.run(talk())


def test_an_origin_that_cannot_be_read() -> None:
    async def talk() -> None:
        socket = await _connected(b"https://[")
        assert (await socket.receive_output())["code"] == 4403

    asyncio.run(talk())
