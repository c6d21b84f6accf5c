"""Bringing a content onto this server's disk."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from django.db import connection

from ums.core.errors import AppError
from ums.files.models import CHUNK
from ums.files.store.disk import store
from ums.files.store.remote import open_remote
from ums.files.store.streams import chunk_stream

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from ums.files.models import FileContent


class Stopped(Exception):
    """This server stops: what was begun is dropped."""


def content_fetch(content: FileContent, *, stopping: Callable[[], bool] = lambda: False) -> None:
    """Have a content on the disk: it is there, another server has it, or the database.

    Raises AppError `content_away`, `content_damaged`, `disk_full`, `wrong_master_key`, OSError, Stopped.
    """
    with suppress(FileNotFoundError):
        if not store().damaged(content.pk):
            return
    try:
        _write(content, open_remote(content), stopping)
    except AppError as error:
        if error.code not in {"content_away", "content_damaged"} or not content.in_database:
            raise
        _write(content, chunk_stream(content), stopping)


def _write(content: FileContent, stream: BinaryIO, stopping: Callable[[], bool]) -> None:
    with stream, store().incoming(size=content.size) as incoming:
        while part := stream.read(CHUNK):
            incoming.write(part)
            # Nothing of the database is held while the network is waited for.
            connection.close()
            if stopping():
                raise Stopped
        if incoming.sha256 != content.pk:
            raise AppError("content_damaged", "What was fetched is damaged: it has another SHA-256.")
        incoming.finish()
