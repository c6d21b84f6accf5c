"""A WSGI application behind an ASGI server: bodies are streamed both ways, and nobody is waited for without end."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from django.db import close_old_connections

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]
    Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

STALLS = 60.0
"""Seconds for which a client may neither send nor take anything, before the request ends."""

WORKERS = 16
"""Requests that are answered at a time; others wait."""


class ClientGone(ConnectionError):
    """The client went away, or has stalled."""


class Bridge:
    """Calls a WSGI application in threads of its own."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._executor = ThreadPoolExecutor(WORKERS, thread_name_prefix="transfer")

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        loop = asyncio.get_running_loop()
        call = _Call(self._application, loop, receive, send)
        await loop.run_in_executor(self._executor, call.run, environment(scope, call))


class _Call:
    """One request. Everything but the constructor runs in a thread."""

    def __init__(self, application: Application, loop: asyncio.AbstractEventLoop, receive: Receive, send: Send) -> None:
        self._application, self._loop, self._receive, self._send = application, loop, receive, send
        self._buffer = bytearray()
        self._more = True
        self._start: dict[str, Any] | None = None

    def run(self, environ: dict[str, Any]) -> None:
        """Answer. Connections to the database are looked after as Django does it for its own requests."""
        close_old_connections()
        parts: Iterable[bytes] = ()
        try:
            parts = self._application(environ, self._started)
            for part in parts:
                self._put(part, more=True)
            self._put(b"", more=False)
        except ClientGone:
            pass
        finally:
            if close := getattr(parts, "close", None):
                close()
            close_old_connections()

    def read(self, size: int = -1) -> bytes:
        """Of the body, `size` bytes or what is left of it. Raises ClientGone."""
        while self._more and (size < 0 or len(self._buffer) < size):
            message = self._await(self._receive())
            if message["type"] == "http.disconnect":
                raise ClientGone("The client has gone away.")
            self._buffer += message.get("body", b"")
            self._more = message.get("more_body", False)
        end = len(self._buffer) if size < 0 else size
        data = bytes(self._buffer[:end])
        del self._buffer[:end]
        return data

    def _started(self, status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        # the ASGI server says the date by itself
        told = [(name.lower(), value) for name, value in headers if name.lower() != "date"]
        named = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told]
        self._start = {"type": "http.response.start", "status": int(status.split(" ", 1)[0]), "headers": named}

    def _put(self, part: bytes, *, more: bool) -> None:
        if self._start is not None:
            start, self._start = self._start, None
            self._await(self._send(start))
        if part or not more:
            self._await(self._send({"type": "http.response.body", "body": part, "more_body": more}))

    def _await(self, awaited: Awaitable[Any]) -> Any:
        future = asyncio.run_coroutine_threadsafe(asyncio.wait_for(awaited, STALLS), self._loop)
        try:
            return future.result(STALLS + 5)
        except TimeoutError:
            future.cancel()
            raise ClientGone("The client has stalled.") from None


def environment(scope: dict[str, Any], body: Any) -> dict[str, Any]:
    """What a WSGI application is told of a request (PEP 3333), and what the entrance adds under "ums"."""
    mount = scope.get("root_path", "")
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": mount,
        "PATH_INFO": scope["path"].removeprefix(mount).encode().decode("latin-1"),
        "QUERY_STRING": "",
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": (scope.get("server") or ("", 0))[0],
        "SERVER_PORT": str((scope.get("server") or ("", 0))[1]),
        "REMOTE_ADDR": (scope.get("client") or ("", 0))[0],
        "HTTP_HOST": "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **scope.get("ums", {}),
    }
    for name, value in scope["headers"]:
        key = name.decode("latin-1").upper().replace("-", "_")
        key = key if key in {"CONTENT_LENGTH", "CONTENT_TYPE"} else f"HTTP_{key}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if environ.get(key) else text
    return environ
