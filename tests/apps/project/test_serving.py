"""The end of a server, in order."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import uvicorn

from ums.project.serving import Server

if TYPE_CHECKING:
    import pytest


def test_that_a_server_has_stopped_is_told_while_its_application_has_a_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    class Membership:
        notice = 0.0

        def ending(self) -> None:
            order.append("draining")

        def ended(self) -> None:
            order.append("stopped is told")

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                order.append("application ends")
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def life() -> None:
        config = uvicorn.Config(application, lifespan="on", log_config=None)
        config.load()
        server = Server.__new__(Server)
        uvicorn.Server.__init__(server, config)
        server._membership = Membership()  # type: ignore[assignment]
        server._renewal = SimpleNamespace(stop=lambda: None)  # type: ignore[assignment]
        server.lifespan = config.lifespan_class(config)
        server.servers = []
        await server.lifespan.startup()
        await server.shutdown()

    asyncio.run(life())
    assert order == ["draining", "stopped is told", "application ends"]
