"""A server process to be measured: `python -m bench.device_server echo|ums PORT`. Both under one configuration.

`echo` is the baseline: the smallest ASGI application that accepts a socket and sends back what it gets. `ums` is the
device connector on the database of UMS_DATABASE_URL.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import TYPE_CHECKING, Any

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    App = Callable[[Any, Any, Any], Awaitable[None]]


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Sends back each frame."""
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "bytes": event["bytes"]})


def connector() -> App:
    """The device socket, with Django set up around it."""
    import django

    django.setup()
    from ums.connector.socket import device_socket

    return device_socket


def with_lifespan(socket: App, serves_devices: bool) -> App:
    """The same start for both: what is loaded is taken out of the garbage collector's work."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
        else:
            await socket(scope, receive, send)

    async def lifespan(receive: Any, send: Any) -> None:
        await receive()
        if serves_devices:
            from ums.connector import runtime
            from ums.live import publish

            publish.attach(asyncio.get_running_loop())
            await runtime.start()
        gc.collect()
        gc.freeze()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if serves_devices:
            await runtime.stop(drain=False)
        await send({"type": "lifespan.shutdown.complete"})

    return application


def main() -> None:
    """Serve until SIGTERM."""
    kind, port = sys.argv[1], int(sys.argv[2])
    uvicorn.run(
        with_lifespan(connector() if kind == "ums" else echo, serves_devices=kind == "ums"),
        host="127.0.0.1",
        port=port,
        lifespan="on",
        log_config=None,
        log_level="warning",
        ws="websockets-sansio",
        ws_ping_interval=None,
        ws_max_size=256 * 1024,
        ws_per_message_deflate=False,
        backlog=2048,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
