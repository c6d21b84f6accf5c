"""The transfer directory as an ASGI application at MOUNT: what is no path or too large goes no further."""

from __future__ import annotations

import uuid
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from django.core.handlers.asgi import ASGIRequest

from ums.core.access import Action, require
from ums.core.actor import Actor
from ums.core.bodies import bounded
from ums.core.errors import AppError
from ums.core.middleware import client_address
from ums.domain.transfer import CONTENTS, MAX_SIZE, MOUNT, PathError, address_of, path_of
from ums.files.transfer.bodies import MAX_BODY, checked_xml
from ums.files.transfer.bridge import Bridge
from ums.files.transfer.identity import signed_in
from ums.files.transfer.provider import dav
from ums.files.transfer.resources import ACTOR

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]

REQUEST = "ums.request"
"""In the WSGI environment: the request as Django knows it."""

WITH_XML = frozenset({"PROPFIND", "PROPPATCH", "LOCK"})
"""Methods that look into their body."""

CHALLENGE = ("WWW-Authenticate", 'Basic realm="UMS transfer directory", charset="UTF-8"')

GUARDS = [
    # What people have put here is nothing that a browser should run as a page of ours.
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"private, no-cache"),
]

_dav = dav()


def is_transfer(path: str) -> bool:
    """Whether a path is one of the transfer directory. The room of the servers in it is a page like others."""
    return path == MOUNT or (path.startswith(f"{MOUNT}/") and not path.startswith(f"{MOUNT}/{CONTENTS}/"))


async def transfer(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answer one HTTP request."""

    async def guarded(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *GUARDS]
        await send(message)

    try:
        scope = plain_scope(scope)
    except (PathError, ValueError) as error:
        await _refused(guarded, str(error))
        return
    await (_uploads if scope["method"] == "PUT" else _others)(scope, receive, guarded)


def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
    """The WSGI application: who asks, may they, and what they get."""
    try:
        request = environ[REQUEST]
        request.user = signed_in(request)
        require(request.user, Action.TRANSFER)
        environ[ACTOR] = Actor.from_request(request)
        environ["wsgidav.auth.user_name"] = request.user.get_username()
        if environ["REQUEST_METHOD"] != "PUT":
            body = environ["wsgi.input"].read()
            if environ["REQUEST_METHOD"] in WITH_XML:
                checked_xml(body)
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = BytesIO(body), str(len(body))
        yield from _dav(environ, start_response)
    except AppError as error:
        body = f"{error.message}\n".encode()
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
        start_response(f"{error.status} Refused", [*headers, CHALLENGE] if error.status == 401 else headers)
        yield b"" if environ["REQUEST_METHOD"] == "HEAD" else body


def plain_scope(scope: dict[str, Any]) -> dict[str, Any]:
    """The same request with its paths in one plain form. Raises PathError, ValueError."""
    raw = (scope.get("raw_path") or quote(scope["path"]).encode()).decode("ascii")
    names = path_of(_below_mount(raw))
    headers = [_plain(name, value, scope) for name, value in scope["headers"]]
    request = ASGIRequest(scope, BytesIO())
    request.request_id = str(uuid.uuid4())  # type: ignore[attr-defined]
    request.client_address = client_address(request)  # type: ignore[attr-defined]
    path = "/".join([MOUNT, *names]) + ("/" if raw.endswith("/") else "")
    return {**scope, "path": path, "root_path": MOUNT, "headers": headers, "ums": {REQUEST: request}}


def _plain(name: bytes, value: bytes, scope: dict[str, Any]) -> tuple[bytes, bytes]:
    """A header; Destination without the host, which must be ours."""
    if name != b"destination":
        return name, value
    to = urlsplit(value.decode("ascii"))
    host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
    if to.netloc and to.hostname != urlsplit(f"//{host}").hostname:
        raise PathError("Files are moved and copied within this server only.")
    path = path_of(_below_mount(to.path))
    return name, address_of(path).encode()


def _below_mount(address: str) -> str:
    if address != MOUNT and not address.startswith(f"{MOUNT}/"):
        raise PathError(f"Paths begin with {MOUNT}/.")
    return address.removeprefix(MOUNT)


async def _refused(send: Send, text: str) -> None:
    body = f"{text}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body})


_bridge = Bridge(answer)
_uploads = bounded(_bridge, MAX_SIZE)
_others = bounded(_bridge, MAX_BODY)
