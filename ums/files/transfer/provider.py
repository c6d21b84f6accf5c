"""The tree as wsgidav asks for it, and the frame of each request: changes are one transaction, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction
from wsgidav.dav_error import (
    HTTP_FORBIDDEN,
    HTTP_INTERNAL_ERROR,
    DAVError,
    PRECONDITION_CODE_PropfindFiniteDepth,
    as_DAVError,
)
from wsgidav.dav_provider import DAVProvider
from wsgidav.mw.base_mw import BaseMiddleware
from wsgidav.request_resolver import RequestResolver
from wsgidav.wsgidav_app import WsgiDAVApp

from ums.core.errors import AppError
from ums.domain.transfer import MOUNT
from ums.files.transfer import services
from ums.files.transfer.bridge import ClientGone
from ums.files.transfer.listing import listing
from ums.files.transfer.locks import RowLocks
from ums.files.transfer.resources import ACTOR, CREATED, REFUSAL, Collection, Document, path_in, resource, told
from ums.files.transfer.selectors import found, locked_top

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ums.files.store import Incoming

log = structlog.get_logger(__name__)

CHANGING = frozenset({"MKCOL", "DELETE", "COPY", "MOVE", "PROPPATCH", "LOCK", "UNLOCK"})
"""Methods whose whole work is one transaction. PUT has one at its end, when all bytes have come."""

BLOCK = 256 * 1024
"""Bytes of one step of an upload or a download."""


class Tree(DAVProvider):
    """See `wsgidav.dav_provider.DAVProvider`."""

    def get_resource_inst(self, path: str | None, environ: dict[str, Any]) -> Document | Collection | None:
        """What lies at a path. wsgidav asks for the parent of the top as well: None."""
        if path is None:
            return None
        at = path_in(path)
        entry = found(at)
        return resource(at, environ, entry) if entry else None

    def custom_request_handler(
        self, environ: dict[str, Any], start_response: Callable[..., Any], default_handler: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Run one request. Its answer starts when its transaction is through."""
        method = environ["REQUEST_METHOD"]
        if method == "PROPFIND" and environ.get("HTTP_DEPTH", "infinity") not in {"0", "1"}:
            raise DAVError(HTTP_FORBIDDEN, err_condition=PRECONDITION_CODE_PropfindFiniteDepth)
        if method in {"GET", "HEAD"}:
            there = self.get_resource_inst(environ["PATH_INFO"], environ)
            if isinstance(there, Collection):
                return _page(there, start_response, whole=method == "GET")
        if method not in CHANGING:
            answer: Iterable[bytes] = default_handler(environ, start_response)
            return answer
        started: list[tuple[str, list[tuple[str, str]]]] = []
        with transaction.atomic():
            locked_top()
            body = b"".join(default_handler(environ, lambda status, headers, *_: started.append((status, headers))))
            if refusal := environ.get(REFUSAL):
                raise refusal
        status, headers = started[-1]
        start_response("201 Created" if environ.get(CREATED) else status, headers)
        return [body]

    def store(self, document: Document, incoming: Incoming) -> None:
        """The end of a PUT: nobody has locked the place since it began, and the bytes become those of the document."""
        environ = document.environ
        kept = incoming.finish()
        with transaction.atomic(), told(environ):
            locked_top()
            self.check_unlocked(document.get_ref_url(), environ)
            document.entry = services.file_put(actor=environ[ACTOR], at=document.at, kept=kept)

    def check_unlocked(self, url: str, environ: dict[str, Any]) -> None:
        """Raises DAVError 423 when somebody holds a lock on it whose token the request does not show."""
        self.lock_manager.check_write_permission(
            url=url,
            depth="0",
            token_list=environ["wsgidav.ifLockTokenList"],
            principal=environ["wsgidav.user_name"],
        )


def _page(there: Collection, start_response: Callable[..., Any], *, whole: bool) -> list[bytes]:
    body = listing(there.at, there.entry)
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))])
    return [body if whole else b""]


class Refusals(BaseMiddleware):
    """Errors as answers: a condition as XML, all else as one line of text. What went wrong inside is not shown."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        """Answer a request."""
        started = False

        def starting(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            nonlocal started
            started = True
            return start_response(status, headers, *rest)

        try:
            yield from self.next_app(environ, starting)
        except Exception as error:
            if started or isinstance(getattr(error, "src_exception", None), ClientGone):
                raise
            refusal = DAVError(error.status, error.message) if isinstance(error, AppError) else as_DAVError(error)
            # wsgidav wraps what it caught itself: a refusal of ours is told as one
            refusal = environ.get(REFUSAL, refusal) if refusal.value == HTTP_INTERNAL_ERROR else refusal
            if refusal.value == HTTP_INTERNAL_ERROR:
                log.error("webdav.failed", method=environ["REQUEST_METHOD"], exc_info=refusal.src_exception or error)
            yield from _refused(refusal, environ, start_response)


def _refused(refusal: DAVError, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
    if refusal.value == 304:
        start_response("304 Not Modified", [("Content-Length", "0"), *(refusal.add_headers or [])])
        return
    if refusal.err_condition:
        kind, body = refusal.get_response_page()
    else:
        text = refusal.context_info or "This request was refused."
        kind, body = "text/plain; charset=utf-8", f"{text}\n".encode()
    headers = [("Content-Type", kind), ("Content-Length", str(len(body))), *(refusal.add_headers or [])]
    start_response(f"{refusal.value} Refused", headers)
    yield b"" if environ["REQUEST_METHOD"] == "HEAD" else body


def dav() -> WsgiDAVApp:
    """The WebDAV server as a WSGI application. Who asks has been found out before: `wsgidav.auth.user_name`, ACTOR."""
    return WsgiDAVApp(
        {
            "provider_mapping": {"/": Tree()},
            "mount_path": MOUNT,
            "middleware_stack": [Refusals, RequestResolver],
            "lock_storage": RowLocks(),
            "block_size": BLOCK,
            "verbose": 1,
            "logging": {"enable": False},
            "http_authenticator": {"accept_basic": False, "accept_digest": False},
        }
    )
