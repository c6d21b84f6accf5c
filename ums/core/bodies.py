"""Bodies of requests are bounded before anything reads them: the web framework keeps a whole body on the disk first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]
    Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

MAX_REQUEST = 128 * 2**20
"""Bytes of the largest request that anything here takes: a catalogue is three files of 32 MB, a file 64 MB. What a page
or the API takes is less, and checked there."""

_TEXT = b"The request is too large.\n"


def bounded(application: Application, limit: int = MAX_REQUEST) -> Application:
    """The same ASGI application, that answers 413 to bodies of more than `limit` bytes and reads no more of them."""

    async def answer(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        left = limit
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and (len(declared) > 18 or int(declared) > limit):
            await _refuse(send)
            return

        async def counted() -> dict[str, Any]:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            return message if left >= 0 else {"type": "http.disconnect"}

        await application(scope, counted, send)
        if left < 0:
            await _refuse(send)

    return answer


async def _refuse(send: Send) -> None:
    length = str(len(_TEXT)).encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", length), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": _TEXT})
