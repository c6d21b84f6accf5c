"""Contents of files: each is stored once, in parts; what no file has any more goes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from ums.core.crypto import seal_bytes
from ums.core.errors import AppError
from ums.domain.protocol import MAX_FILE
from ums.files.models import CHUNK, File, FileChunk, FileContent
from ums.files.models import SECRET as SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Upload:
    """A content that somebody sent: it is read twice, part by part, and never whole."""

    stream: BinaryIO
    sha256: str
    size: int


def taken(stream: BinaryIO) -> Upload:
    """Read what was sent, to know what it is. Raises AppError `file_too_large`."""
    digest, size = hashlib.sha256(), 0
    for part in _parts(stream):
        digest.update(part)
        size += len(part)
        if size > MAX_FILE:
            raise AppError("file_too_large", f"A file has {MAX_FILE // 2**20} MB at most.", status=413)
    return Upload(stream, digest.hexdigest(), size)


def stored(upload: Upload, *, secret: bool) -> FileContent:
    """The row of a content, with its parts; sealed when it is a secret. The caller holds the lock of all files."""
    content = FileContent.objects.filter(pk=upload.sha256).first()
    if content is None:
        content = FileContent.objects.create(sha256=upload.sha256, size=upload.size, sealed=secret)
        for number, part in enumerate(_parts(upload.stream)):
            FileChunk.objects.create(content=content, number=number, data=seal_bytes(part) if secret else part)
    elif secret:
        sealed(content)
    return content


def sealed(content: FileContent) -> None:
    """Seal a content that is readable: a file that has it became a secret. It stays sealed as long as it is there."""
    if content.sealed:
        return
    for pk in list(content.chunks.values_list("pk", flat=True)):
        chunk = FileChunk.objects.get(pk=pk)
        chunk.data = seal_bytes(bytes(chunk.data))
        chunk.save(update_fields=["data"])
    content.sealed = True
    content.save(update_fields=["sealed"])


def dropped(sha256: str) -> None:
    """Remove a content unless a file has it."""
    if not File.objects.filter(content=sha256).exists():
        FileContent.objects.filter(pk=sha256).delete()


def _parts(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    while part := stream.read(CHUNK):
        yield part
