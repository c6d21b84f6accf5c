"""The server as one ASGI application: pages and APIs by Django, WebDAV, the two sockets, and what runs beside them."""

from __future__ import annotations

import asyncio
import gc
import os
from typing import TYPE_CHECKING, Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ums.project.settings")

from django.core.asgi import get_asgi_application

pages: Any = get_asgi_application()

# The rest imports models: Django must have been set up before.
from channels.auth import AuthMiddlewareStack  # noqa: E402
from django.conf import settings  # noqa: E402

from ha import bus  # noqa: E402
from ums.connector import runtime  # noqa: E402
from ums.connector.socket import device_socket  # noqa: E402
from ums.core.bodies import bounded  # noqa: E402
from ums.files.transfer.entrance import is_transfer, transfer  # noqa: E402
from ums.live import publish  # noqa: E402
from ums.live.consumers import BrowserConsumer  # noqa: E402
from ums.project.network import start_bus  # noqa: E402
from ums.project.ports import serves  # noqa: E402
from ums.project.status import status  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]

bounded_pages = bounded(pages)

SOCKETS = {
    "/device-connector/device/ws-connect": device_socket,
    "/wums-app/live": AuthMiddlewareStack(BrowserConsumer.as_asgi()),
}


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Dispatch by kind and path."""
    if not serves(scope, settings.UMS_NODE):
        await _nothing_here(scope, receive, send)
    elif scope["type"] == "http" and is_transfer(scope["path"]):
        await transfer(scope, receive, send)
    elif scope["type"] == "http":
        await bounded_pages(scope, receive, send)
    elif scope["type"] == "websocket":
        await SOCKETS.get(scope["path"], _no_such_socket)(scope, receive, send)
    elif scope["type"] == "lifespan":
        await _lifespan(receive, send)


async def _nothing_here(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """A path that the port for devices does not have."""
    if scope["type"] == "websocket":
        await _no_such_socket(scope, receive, send)
        return
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"The console is at another port.\n"})


async def _no_such_socket(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 4404, "reason": "There is no such socket."})


async def _lifespan(receive: Receive, send: Send) -> None:
    await receive()
    publish.attach(asyncio.get_running_loop())
    start_bus(settings.UMS_PROCESS_ID, asyncio.get_running_loop())
    await runtime.start()
    status.serving()
    # What is loaded now stays: the collector need not walk through it again and again.
    gc.collect()
    gc.freeze()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await runtime.stop(drain=True)
    publish.attach(None)
    await asyncio.to_thread(bus.stop)
    await send({"type": "lifespan.shutdown.complete"})
