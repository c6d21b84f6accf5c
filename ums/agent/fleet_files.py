"""Files of simulated devices: asked for, counted and verified as on a real one, and kept nowhere."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import Callable, Iterable

import httpx
import msgspec

from ums.domain.protocol import MAX_FILE, FileEntry

from .downloads import TIMEOUT, fetched
from .files import FileError
from .measure import Figures

TRANSFERS = 10
"""Files that a fleet fetches at the same time; what is in memory of them is a part of each."""

_FILES, _NO_FILES = b"\xa5files", b"\xa5files\x90"
"""In the body of settings, encoded. Those without files are not decoded: a fleet leaves that to real devices."""


class _Named(msgspec.Struct):
    files: list[FileEntry] = []


def files_named(body: bytes) -> list[FileEntry]:
    """The files that settings name. Raises msgspec.MsgspecError."""
    if _FILES not in body or _NO_FILES in body:
        return []
    return msgspec.msgpack.decode(body, type=_Named).files


class FleetFiles:
    """What all devices of a fleet fetch with. Close it with `aclose()`."""

    def __init__(self, context: ssl.SSLContext, server: str, figures: Figures) -> None:
        limits = httpx.Limits(max_connections=TRANSFERS, max_keepalive_connections=TRANSFERS)
        self._client = httpx.AsyncClient(verify=context, timeout=TIMEOUT, trust_env=False, limits=limits)
        self._server = server
        self._figures = figures
        self._at_once = asyncio.Semaphore(TRANSFERS)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def bring(self, wanted: Iterable[FileEntry], have: set[str], proof: Callable[[str], str]) -> str:
        """Fetch and verify what is not in `have`, which then names what is there. Returns what went wrong."""
        entries = {entry.sha256: entry for entry in wanted}
        have.intersection_update(entries)
        errors = []
        for sha256 in entries.keys() - have:
            try:
                async with self._at_once:
                    await self._verify(entries[sha256], proof(sha256))
                have.add(sha256)
            except FileError as error:
                self._figures.errors[f"file: {error}"] += 1
                errors.append(f"{entries[sha256].path}: {error}")
        return "; ".join(sorted(errors))[:4096]

    async def _verify(self, entry: FileEntry, proof: str) -> None:
        if entry.size > MAX_FILE:
            raise FileError("the server announced a file that is larger than files are")
        digest, size = hashlib.sha256(), 0
        async with fetched(self._client, self._server, entry.sha256, proof) as (_, parts):
            async for part in parts:
                size += len(part)
                if size > entry.size:
                    raise FileError("the server sent more than it announced")
                digest.update(part)
        if size < entry.size:
            raise FileError("the transfer ended early")
        if digest.hexdigest() != entry.sha256:
            raise FileError("what came is not what the server announced (wrong SHA-256)")
        self._figures.files += 1
        self._figures.file_bytes += size
