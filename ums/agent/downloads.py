"""Fetching contents of files from the server, with a proof of identity for each (docs/device-protocol.md §9)."""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx

from ums.domain.protocol import FILE_PATH

from .files import FileError

TIMEOUT = 45.0
"""Seconds without a byte after which a transfer is given up."""


class Downloads:
    """Requests over one verified TLS context. Close it with `aclose()`."""

    def __init__(self, context: ssl.SSLContext, server: Callable[[], str], proof: Callable[[str], str]) -> None:
        """`server`: its base address now. `proof`: a proof for the file with this SHA-256."""
        self._client = httpx.AsyncClient(verify=context, timeout=TIMEOUT, trust_env=False)
        self._server = server
        self._proof = proof

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    @asynccontextmanager
    async def download(self, sha256: str, offset: int) -> AsyncIterator[tuple[int, AsyncIterator[bytes]]]:
        """Where the answer starts (`offset`, or 0 when it is the whole), and its bytes. Raises FileError."""
        async with fetched(self._client, self._server(), sha256, self._proof(sha256), offset) as content:
            yield content


@asynccontextmanager
async def fetched(
    client: httpx.AsyncClient, server: str, sha256: str, proof: str, offset: int = 0
) -> AsyncIterator[tuple[int, AsyncIterator[bytes]]]:
    """As `Downloads.download`, with a proof that is there already."""
    headers = {"Authorization": f"Bearer {proof}", "Accept-Encoding": "identity"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
    try:
        async with client.stream("GET", f"{server}{FILE_PATH}{sha256}", headers=headers) as answer:
            yield _start(answer), answer.aiter_bytes()
    except httpx.TimeoutException as error:
        raise FileError("the server did not answer in time") from error
    except (httpx.HTTPError, ssl.SSLError) as error:
        raise FileError(f"the transfer broke off: {error or type(error).__name__}") from error


def _start(answer: httpx.Response) -> int:
    if answer.status_code == 200:
        return 0
    if answer.status_code == 206:
        found = re.match(r"bytes ([0-9]+)-", answer.headers.get("Content-Range", ""))
        if found:
            return int(found[1])
    if answer.status_code == 404:
        raise FileError("the server has no such file for this device")
    raise FileError(f"the server refused it (HTTP status {answer.status_code})")
