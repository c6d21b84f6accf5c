"""Reading a content wherever it is: on this server's disk, in the database, or on another server."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from ums.core.crypto import unseal_bytes
from ums.files.models import CHUNK, FileChunk
from ums.files.store.disk import store
from ums.files.store.parts import Parts
from ums.files.store.remote import away, open_remote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ums.files.models import FileContent


def content_stream(content: FileContent, *, remote: bool = True) -> BinaryIO:
    """The bytes of a content from the nearest place, to be read in parts and to be closed; `seek` costs little.
    Secrets are readable: for devices. `remote`: ask other servers, too.

    Raises AppError `content_away` when nobody has it who could be asked; while reading, when a server fails.
    """
    if not content.sealed and store().size(content.pk) == content.size:
        try:
            return store().open(content.pk)
        except FileNotFoundError:  # it has just gone
            pass
    if content.in_database:
        return chunk_stream(content)
    if remote:
        return open_remote(content)
    raise away("This server does not have this content.")


def chunk_stream(content: FileContent) -> BinaryIO:
    """The bytes of a content that is in the database, read one row at a time."""
    return _Chunks(content).buffered()


def parts_of(stream: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    """The bytes from `start` up to, not including, `end`, in parts of CHUNK bytes; then the stream is closed."""
    left = end - start
    with stream:
        stream.seek(start)
        while left > 0 and (part := stream.read(min(left, CHUNK))):
            left -= len(part)
            yield part


class _Chunks(Parts):
    def __init__(self, content: FileContent) -> None:
        super().__init__(content.size)
        self._content = content
        self._number, self._data = -1, b""

    def part(self, most: int) -> bytes:
        number, offset = divmod(self.at, CHUNK)
        if number != self._number:
            data = bytes(FileChunk.objects.values_list("data", flat=True).get(content=self._content, number=number))
            self._number, self._data = number, unseal_bytes(data) if self._content.sealed else data
        return self._data[offset : offset + most]
