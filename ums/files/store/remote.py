"""Contents of other servers, over HTTPS: they believe a pass, and are believed by the network's authority."""

from __future__ import annotations

import io
import random
import ssl
from typing import TYPE_CHECKING, BinaryIO
from uuid import UUID

import httpx
import structlog
from django.conf import settings

from ha.registry import issuer
from ha.selectors import running_servers
from ums.core.errors import AppError
from ums.files.models import CopyState
from ums.files.store.parts import Parts
from ums.files.store.passes import content_pass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ums.files.models import FileContent

log = structlog.get_logger("ums.files")

PATH = "/ums_filetransfer/.contents/"
TIMEOUT = httpx.Timeout(15.0, connect=5.0)


def open_remote(content: FileContent) -> BinaryIO:
    """The bytes of a content from servers that run and hold it; when one breaks off, the next one goes on.

    Raises AppError `content_away` when there is none, and while reading when all fail.
    """
    running = running_servers()
    if settings.UMS_NODE:
        running.pop(UUID(settings.UMS_NODE.id), None)
    holding = content.copies.filter(node__in=list(running), state=CopyState.HELD)
    servers = [running[node] for node in holding.values_list("node", flat=True)]
    if not servers:
        raise away("No server that runs has this content.")
    random.shuffle(servers)
    return _Remote(content, servers).buffered()


class _Remote(Parts):
    def __init__(self, content: FileContent, servers: list[str]) -> None:
        super().__init__(content.size)
        self._content, self._servers = content, servers
        self._tries = 2 * len(servers) + 1
        self._data = b""
        self._parts: Iterator[bytes] | None = None
        self._answer: httpx.Response | None = None
        self._client = httpx.Client(verify=_trust(), timeout=TIMEOUT, trust_env=False)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        before, after = self.at, super().seek(offset, whence)
        if after != before:
            self._hang_up()
        return after

    def part(self, most: int) -> bytes:
        while not self._data:
            self._data = self._next()
        part, self._data = self._data[:most], self._data[most:]
        return part

    def close(self) -> None:
        self._hang_up()
        self._client.close()
        super().close()

    def _next(self) -> bytes:
        """What comes next, from the server that is being read or, when it fails, from another. Raises AppError."""
        while True:
            try:
                if self._parts is None:
                    self._parts = self._call()
                if part := next(self._parts, b""):
                    return part
                raise httpx.ReadError("It ended too early.")
            except (httpx.HTTPError, ssl.SSLError, OSError) as error:
                self._hang_up()
                self._tries -= 1
                server = self._servers.pop(0)
                self._servers.append(server)
                log.info("content_not_fetched", server=server, sha256=self._content.pk, error=str(error))
                if self._tries <= 0:
                    raise away(f"{server} failed: {str(error) or type(error).__name__}.") from error

    def _call(self) -> Iterator[bytes]:
        """Raises httpx.HTTPError, also for an answer that is not the rest of this content."""
        headers = {
            "Authorization": f"Bearer {content_pass(self._content.pk)}",
            "Accept-Encoding": "identity",
            "Range": f"bytes={self.at}-",
        }
        url = f"{self._servers[0]}{PATH}{self._content.pk}"
        answer = self._client.send(self._client.build_request("GET", url, headers=headers), stream=True)
        self._answer = answer
        if answer.status_code != httpx.codes.PARTIAL_CONTENT:
            raise httpx.ReadError(f"It answered {answer.status_code}.")
        if answer.headers.get("Content-Range") != f"bytes {self.at}-{self.size - 1}/{self.size}":
            raise httpx.ReadError("What it has is of another size.")
        return answer.iter_raw()

    def _hang_up(self) -> None:
        self._data, self._parts = b"", None
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.close()


def _trust() -> ssl.SSLContext:
    """The network's authority and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cadata=issuer().authority())
    return context


def away(message: str) -> AppError:
    """Nobody has a content who could be asked now."""
    return AppError("content_away", message, status=503)
