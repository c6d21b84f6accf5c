"""Contents: each is stored once, in the database, on the servers' disks, or both; what nobody refers to goes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from django.db.models import PROTECT

from ums.core.crypto import seal_bytes
from ums.core.errors import AppError
from ums.domain.protocol import MAX_FILE
from ums.files.models import CHUNK, ContentCopy, FileChunk, FileContent
from ums.files.services.copies import copies_wanted
from ums.live.messages import ContentsChanged
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ums.files.store import Kept


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
    """The row of a content, with its parts in the database; sealed when it is a secret. The caller holds the lock of
    all files."""
    row = {"size": upload.size, "sealed": secret}
    content, new = FileContent.objects.select_for_update().get_or_create(sha256=upload.sha256, defaults=row)
    if new or not content.in_database:
        for number, part in enumerate(_parts(upload.stream)):
            data = seal_bytes(part) if content.sealed else part
            FileChunk.objects.create(content=content, number=number, data=data)
        content.in_database = True
        content.save(update_fields=["in_database"])
    if secret:
        sealed(content)
    elif new:
        copies_wanted(content)
        publish_on_commit(ContentsChanged())
    return content


def content_kept(kept: Kept) -> FileContent:
    """The row of a content that lies in the store of this server; the others are told to fetch it.

    To be called in the transaction that refers to it, and before the context of `Store.incoming` ends.
    """
    row = {"size": kept.size, "in_database": False}
    content, _ = FileContent.objects.select_for_update().get_or_create(sha256=kept.sha256, defaults=row)
    if content.sealed:
        publish_on_commit(ContentsChanged(gone=(kept.sha256,)))
    else:
        copies_wanted(content, held=True)
        publish_on_commit(ContentsChanged())
    return content


def sealed(content: FileContent) -> None:
    """Seal a content that is readable: a file that has it became a secret. It stays sealed as long as it is there, and
    lies on no disk any more."""
    if content.sealed:
        return
    for pk in list(content.chunks.values_list("pk", flat=True)):
        chunk = FileChunk.objects.get(pk=pk)
        chunk.data = seal_bytes(bytes(chunk.data))
        chunk.save(update_fields=["data"])
    content.sealed = True
    content.save(update_fields=["sealed"])
    ContentCopy.objects.filter(content=content).delete()
    publish_on_commit(ContentsChanged(gone=(content.sha256,)))


def dropped(sha256: str) -> None:
    """Remove a content unless somebody refers to it: from the rows now, from the servers' disks when these are told.

    To be called in a transaction.
    """
    content = FileContent.objects.select_for_update().filter(pk=sha256).first()
    if content is not None and not any(_referring(content)):
        content.delete()
        publish_on_commit(ContentsChanged(gone=(sha256,)))


def _referring(content: FileContent) -> Iterator[bool]:
    """For each model that protects contents whether a row of it refers to this one."""
    for relation in FileContent._meta.related_objects:
        if getattr(relation, "on_delete", None) is PROTECT:
            yield relation.related_model._default_manager.filter(**{relation.field.name: content}).exists()


def _parts(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    while part := stream.read(CHUNK):
        yield part
