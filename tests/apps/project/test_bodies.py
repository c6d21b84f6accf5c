"""Bodies that are larger than anything here takes are not read."""

from __future__ import annotations

import asyncio
from typing import Any

from django.core.handlers.asgi import ASGIHandler

from ums.core.bodies import bounded

LIMIT = 1000


def asked(parts: list[bytes], headers: dict[bytes, bytes], application: Any = None) -> tuple[int, int]:
    """(status, parts that were read) of a request."""
    waiting = list(parts)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/no/such/page",
        "query_string": b"",
        "scheme": "https",
        "headers": [(b"host", b"localhost"), *headers.items()],
        "client": ("192.0.2.1", 1),
        "server": ("localhost", 443),
    }
    handler: Any = application or ASGIHandler()

    async def answered() -> None:
        await bounded(handler, LIMIT)(scope, receive, send)

    asyncio.run(answered())
    return next(message["status"] for message in sent if "status" in message), len(parts) - len(waiting)


def test_a_declared_length_is_refused_at_once() -> None:
    assert asked([b"x" * 100], {b"content-length": b"1001"}) == (413, 0)
    assert asked([b"x" * 100], {b"content-length": b"9" * 5000}) == (413, 0)


def test_what_declares_no_length_is_counted() -> None:
    assert asked([b"x" * 600] * 9, {b"transfer-encoding": b"chunked"}) == (413, 2)


def test_anything_smaller_arrives() -> None:
    assert asked([b"x" * 500] * 2, {b"content-length": b"1000"}, _counting) == (200, 2)


async def _counting(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """An application that reads its whole body."""
    size = 0
    more = True
    while more:
        message = await receive()
        size += len(message["body"])
        more = message["more_body"]
    assert size == LIMIT
    await send({"type": "http.response.start", "status": 200, "headers": []})
