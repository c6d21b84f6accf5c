"""Files: upload, describe, replace, move, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from django.db import transaction

from ums.audit.services import changed, record
from ums.core.access import Action, require
from ums.core.errors import AppError, Conflict
from ums.core.validation import clean
from ums.devices.models import Directory, DirectoryKind
from ums.devices.services import When, settings_changed, structure_locked
from ums.files.models import SECRET, Classification, File, Owner
from ums.files.reach import devices_of_files, uses_of_files
from ums.files.services.contents import dropped, sealed, stored, taken
from ums.live.messages import TreeChanged
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from collections.abc import Collection

    from ums.core.actor import Actor

PROPERTIES = ("name", "description", "classification", "device_path", "mode", "owner")


def file_create(
    *,
    actor: Actor,
    directory: Directory,
    content: BinaryIO,
    name: str,
    device_path: str,
    description: str = "",
    classification: str = Classification.UNDEFINED,
    mode: int = 0o644,
    owner: str = Owner.ROOT,
) -> File:
    """A new file. `content` is read part by part; it must be possible to read it twice.

    Raises AppError `invalid`, `file_too_large`, `directory_other_kind`, NotAllowed.
    """
    require(actor.user, Action.WRITE, directory)
    _check_kind(directory)
    file = File(
        name=name.strip(),
        description=description,
        directory=directory,
        classification=classification,
        device_path=device_path,
        mode=mode,
        owner=owner,
        size=0,
    )
    _check(file)
    upload = taken(content)
    with transaction.atomic():
        structure_locked(kind=DirectoryKind.FILE)
        file.content = stored(upload, secret=file.secret)
        file.size = upload.size
        file.save()
        after = {"directory": directory.name, "sha256": upload.sha256, "size": upload.size, **_properties(file)}
        record(actor=actor, action="file.created", target=file, after=after)
        publish_on_commit(TreeChanged())
    return file


@transaction.atomic
def file_update(
    *,
    actor: Actor,
    file: File,
    name: str,
    description: str,
    classification: str,
    device_path: str,
    mode: int,
    owner: str,
    when: When = When.NOW,
) -> File:
    """Change what a file is called, what it is, and where and how it lies on devices. Marks the devices that have it.

    A secret stays one: otherwise its content could be read by making it something else (AppError `file_secret`).
    Raises AppError `invalid`, NotAllowed.
    """
    require(actor.user, Action.WRITE, file)
    structure_locked(kind=DirectoryKind.FILE)
    structure_locked()
    before = _properties(file)
    if file.secret and classification not in SECRET:
        message = "A secret stays a secret. Upload the content anew as another file."
        raise AppError("file_secret", message, fields={"classification": [message]})
    file.name, file.description, file.classification = name.strip(), description, classification
    file.device_path, file.mode, file.owner = device_path, mode, owner
    _check(file)
    if file.secret:
        sealed(file.content)
    file.save(update_fields=[*PROPERTIES, "updated_at"])
    old, new = changed(before, _properties(file))
    record(actor=actor, action="file.updated", target=file, before=old, after=new)
    if {"name", "device_path", "permissions", "owner"} & new.keys():
        settings_changed(actor=actor, devices=devices_of_files(files=[file]), when=when)
    publish_on_commit(TreeChanged())
    return file


def file_replace(*, actor: Actor, file: File, content: BinaryIO, when: When = When.NOW) -> File:
    """A new content for a file; the devices that have it fetch it. The same content again changes nothing.

    Raises AppError `file_too_large`, NotAllowed.
    """
    require(actor.user, Action.WRITE, file)
    upload = taken(content)
    with transaction.atomic():
        structure_locked(kind=DirectoryKind.FILE)
        structure_locked()
        file = File.objects.select_related("directory").get(pk=file.pk)
        before = {"sha256": file.content_id, "size": file.size}
        if upload.sha256 == before["sha256"]:
            return file
        file.content = stored(upload, secret=file.secret)
        file.size = upload.size
        file.save(update_fields=["content", "size", "updated_at"])
        dropped(str(before["sha256"]))
        after = {"sha256": upload.sha256, "size": upload.size}
        record(actor=actor, action="file.replaced", target=file, before=before, after=after)
        settings_changed(actor=actor, devices=devices_of_files(files=[file]), when=when)
        publish_on_commit(TreeChanged())
    return file


@transaction.atomic
def file_move(*, actor: Actor, file: File, directory: Directory) -> File:
    """Move a file to another directory of files. What it is assigned to stays. Raises NotAllowed."""
    require(actor.user, Action.WRITE, file)
    require(actor.user, Action.WRITE, directory)
    _check_kind(directory)
    before = {"directory": file.directory.name}
    file.directory = directory
    file.save(update_fields=["directory", "updated_at"])
    record(actor=actor, action="file.moved", target=file, before=before, after={"directory": directory.name})
    publish_on_commit(TreeChanged())
    return file


@transaction.atomic
def files_delete(*, actor: Actor, files: Collection[File], assigned: bool = False, when: When = When.NOW) -> None:
    """Delete files. Devices that have them remove them.

    Raises Conflict `file_assigned` for those that are in use unless `assigned` says that this is meant, NotAllowed.
    """
    structure_locked(kind=DirectoryKind.FILE)
    structure_locked()
    uses = uses_of_files(files=files)
    for file in files:
        require(actor.user, Action.WRITE, file)
        if uses.get(file.pk) and not assigned:
            count = uses[file.pk]
            places = "1 place" if count == 1 else f"{count:,} places"
            raise Conflict("file_assigned", f"“{file.name}” is assigned to {places}. Confirm that it goes from there.")
    settings_changed(actor=actor, devices=devices_of_files(files=files), when=when)
    for file in files:
        before = {"directory": file.directory.name, "sha256": file.content_id, "size": file.size, **_properties(file)}
        record(actor=actor, action="file.deleted", target=file, before=before)
    File.objects.filter(pk__in=[file.pk for file in files]).delete()
    for sha256 in {file.content_id for file in files}:
        dropped(sha256)
    publish_on_commit(TreeChanged())


def _check_kind(directory: Directory) -> None:
    if directory.kind != DirectoryKind.FILE:
        raise AppError("directory_other_kind", "A file belongs into a directory of files.")


def _check(file: File) -> None:
    """As `clean`; the content is checked by being stored. Raises AppError `invalid`."""
    clean(file, but=["content"] if not file.content_id else [])


def _properties(file: File) -> dict[str, Any]:
    found = {name: getattr(file, name) for name in PROPERTIES if name != "mode"}
    return {**found, "permissions": file.permissions}
