"""The device socket, `/device-connector/device/ws-connect`: a plain ASGI application.

1. accept, Welcome with a nonce;
2. Hello within HELLO_WITHIN seconds, with a proof that holds; Ready;
3. messages in any order until one side ends it. Each is answered before the next one is read.

Whatever a device sends, the socket ends with a close code and a counted reason, and nothing reaches other devices.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from sys import intern
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from ha.clock import shared_now
from ums.assets.services import AssetReport
from ums.connector import metrics, runtime
from ums.connector.batching import WorkFailed
from ums.connector.certificates import forwarded_certificate
from ums.connector.link import Ended, Link
from ums.connector.work import Asked, InventoryReport, LocalReport, LoginRequest, Refusal, ResultReport
from ums.core.middleware import forwarded_address
from ums.devices.services import Applied as AppliedReport
from ums.domain.protocol import (
    MAX_DEVICE_FRAME,
    PROTOCOL,
    Applied,
    Ask,
    AssetEvents,
    AssetsStored,
    ChangePassword,
    CommandResult,
    Confirmed,
    Heartbeat,
    Hello,
    Inventory,
    LocalSettings,
    LoggedOut,
    Login,
    LoginEvent,
    Logout,
    ProtocolError,
    Welcome,
    decode_device,
    encode,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from ums.connector.runtime import Runtime
    from ums.domain.protocol import DeviceMessage

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

log = structlog.get_logger("ums.connector")

HELLO_WITHIN = 10.0
MAX_HELLO = 8 * 1024
"""Bytes of the first frame: nobody has proved anything yet."""

MAX_CORES = 2**31 - 1
"""What the column holds."""

TOO_BIG_FOR_SERVER = 1009
"""Close code of the web server itself, for frames above its own limit."""


async def device_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one device (ASGI)."""
    if (await receive())["type"] != "websocket.connect":
        return
    link = Link(send)
    served: Runtime | None = None
    try:
        await send({"type": "websocket.accept"})
        served = runtime.current()
        if served is None or not served.accepting:
            raise Ended("restart")
        await _log_in(served, link, scope, receive)
        while (frame := await _next_frame(receive)) is not None:
            now = link.heard_now()
            if not link.spend(now):
                raise Ended("too_many")
            message = _decoded(frame)
            if type(message) is not Heartbeat and message is not None:
                await _HANDLERS[type(message)](served, link, message)
            served.contact(link, now)
            del frame, message
    except Ended as ended:
        await _close(link, send, ended.reason, str(ended))
    except asyncio.CancelledError:
        # By `Link.end`, or by the web server at its end, which is no error either.
        await _close(link, send, link.ending or "restart")
    except OSError:
        pass  # the device is gone
    except WorkFailed:
        await _close(link, send, "failure")
    except Exception:
        log.exception("device_socket_failed", device=link.device_id)
        await _close(link, send, "failure")
    finally:
        link.over()
        if served is not None and link.device_id:
            served.left(link)


async def _log_in(served: Runtime, link: Link, scope: Scope, receive: Receive) -> None:
    """Welcome, Hello, Ready. Its variables are gone when the device is in. Raises Ended."""
    if len(served.waiting) >= runtime.MAX_WAITING:
        raise Ended("full")
    served.waiting.add(link)
    try:
        nonce = secrets.token_urlsafe(18)
        await link.send(encode(Welcome(nonce=nonce, time=time.time())))
        hello = await _hello(receive)
        if hello is None:
            raise OSError("the device is gone")
        start = link.heard_now()
        link.spend(start)
        request = await _login_request(served, scope, hello, nonce)
        answer = await served.logins.do(request)
        if isinstance(answer, Refusal):
            log.info("device_refused", reason=answer.reason, detail=answer.detail, device=answer.device_id)
            raise Ended(answer.reason)
        if not served.accepting:
            raise Ended("restart")
        link.device_id, link.certificate_id = answer.device_id, answer.certificate_id
        link.address = request.address
        link.firmware, link.firmware_version = intern(hello.firmware), intern(hello.firmware_version)
        link.agent_version, link.login = intern(hello.agent_version), answer.login
        link.connected_at = shared_now().timestamp()
        if not answer.unchanged:
            link.nudged_seq, link.nudged_at = answer.seq, start
        for frame in answer.frames:
            await link.send(frame)
    finally:
        served.waiting.discard(link)
    served.joined(link)
    metrics.LOGINS.inc()
    metrics.LOGIN_SECONDS.observe(time.monotonic() - start)


async def _hello(receive: Receive) -> Hello | None:
    try:
        async with asyncio.timeout(HELLO_WITHIN):
            frame = await _next_frame(receive)
    except TimeoutError:
        raise Ended("too_late") from None
    if frame is None:
        return None
    if len(frame) > MAX_HELLO:
        raise Ended("too_big")
    hello = _decoded(frame)
    if type(hello) is not Hello:
        raise Ended("wrong_order")
    if not PROTOCOL - 1 <= hello.protocol <= PROTOCOL:
        raise Ended("unsupported")
    return hello


async def _login_request(served: Runtime, scope: Scope, hello: Hello, nonce: str) -> LoginRequest:
    peer = scope["client"][0] if scope.get("client") else ""
    forwarded_for, certificate = "", b""
    for name, value in scope["headers"]:
        if name == b"x-forwarded-for":
            forwarded_for = f"{forwarded_for},{value.decode('latin-1')}"
        elif name == b"x-ssl-cert":
            certificate = value
    proven = ""
    if certificate and not hello.proof:
        proven = await forwarded_certificate(served.database, peer, certificate)
    return LoginRequest(hello, nonce, forwarded_address(peer, forwarded_for)[:64], proven)


async def _next_frame(receive: Receive) -> bytes | None:
    """The next binary frame; None at the end of the connection. Raises Ended for text."""
    event = await receive()
    if event["type"] == "websocket.receive":
        frame: bytes | None = event.get("bytes")
        if frame is None:
            raise Ended("text_frame")
        return frame
    if event.get("code") == TOO_BIG_FOR_SERVER:
        metrics.rejection_counted("too_big")
    return None


def _decoded(frame: bytes) -> DeviceMessage | None:
    if len(frame) > MAX_DEVICE_FRAME:
        raise Ended("too_big")
    try:
        message = decode_device(frame)
    except ProtocolError as error:
        raise Ended("bad_message", str(error)) from None
    metrics.message_counted(message)
    # Databases take no NUL in a text: one such text would spoil the batch that it is in.
    if b"\0" in frame and message is not None and _holds_nul(_stored(message)):
        raise Ended("bad_message", "NUL in a text")
    return message


def _stored(message: DeviceMessage) -> dict[str, Any]:
    """What of a message may come into the database: all but passwords."""
    values = msgspec.to_builtins(message)
    return {name: value for name, value in values.items() if name not in ("password", "new_password")}


def _holds_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(key) or _holds_nul(entry) for key, entry in value.items())
    return isinstance(value, list | tuple) and any(map(_holds_nul, value))


async def _close(link: Link, send: Send, reason: str, detail: str = "") -> None:
    """Tell the device why; a device that does not read is not waited for."""
    link.ending = link.ending or reason
    if reason != "restart":
        metrics.rejection_counted(reason)
        log.info("device_rejected", reason=reason, detail=detail, device=link.device_id or None)
    code = metrics.CLOSE_OF_REASON[reason]
    try:
        async with asyncio.timeout(2.0):
            await send({"type": "websocket.close", "code": code.value, "reason": code.reason})
    except (OSError, RuntimeError, TimeoutError, asyncio.CancelledError):
        pass  # already closing, or gone


# ---------------------------------------------------------------- messages of a device that is in


async def _wrong_order(served: Runtime, link: Link, message: Hello) -> None:
    raise Ended("wrong_order")


async def _ask(served: Runtime, link: Link, message: Ask) -> None:
    answer = await served.asks.do(Asked(link.device_id, message.tag, link.login))
    if answer is None:
        raise Ended("cut_off")
    if answer.login_ended:
        await link.send(encode(LoggedOut(link.login)))
        link.login = ""
    if answer.complete:
        metrics.SETTINGS_SENT.inc()
    await link.send(answer.frame)


async def _applied(served: Runtime, link: Link, message: Applied) -> None:
    served.applied.add(AppliedReport(link.device_id, message.seq, message.tag, message.error))


async def _inventory(served: Runtime, link: Link, message: Inventory) -> None:
    if message.cores > MAX_CORES:
        raise Ended("bad_message", "more processor cores than there are")
    exists = await served.inventories.do(
        InventoryReport(link.device_id, message, link.firmware, link.firmware_version, link.agent_version, link.address)
    )
    if not exists:
        raise Ended("cut_off")


async def _local(served: Runtime, link: Link, message: LocalSettings) -> None:
    changed = await served.local_settings.do(LocalReport(link.device_id, message))
    if changed is None:
        raise Ended("cut_off")
    if changed:
        served.look_for_settings()


async def _result(served: Runtime, link: Link, message: CommandResult) -> None:
    await served.results.do(ResultReport(link.device_id, message))
    await link.send(encode(Confirmed(message.id)))


async def _asset_events(served: Runtime, link: Link, message: AssetEvents) -> None:
    if not await served.assets(link.device_id).do(AssetReport(link.device_id, message)):
        raise Ended("cut_off")
    await link.send(encode(AssetsStored(message.journal, message.sequence)))


async def _of_users(served: Runtime, link: Link, message: Login | ChangePassword | Logout) -> None:
    served.users.take(link, message)


async def _login_event(served: Runtime, link: Link, message: LoginEvent) -> None:
    served.users.event(link, message)


_HANDLERS: dict[type, Callable[[Runtime, Link, Any], Awaitable[None]]] = {
    Hello: _wrong_order,
    Ask: _ask,
    Applied: _applied,
    Inventory: _inventory,
    LocalSettings: _local,
    CommandResult: _result,
    Login: _of_users,
    ChangePassword: _of_users,
    Logout: _of_users,
    LoginEvent: _login_event,
    AssetEvents: _asset_events,
}
