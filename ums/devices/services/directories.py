"""Directories: create, rename, move, delete."""

from __future__ import annotations

from collections import Counter
from copy import copy
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import ProtectedError

from ums.audit.services import record
from ums.core.access import Action, require, subtree
from ums.core.errors import AppError, Conflict, NotAllowed
from ums.core.trial import trying
from ums.core.validation import clean
from ums.devices.models import Device, Directory, DirectoryKind
from ums.devices.services.settings import When, settings_changed, structure_locked
from ums.live.messages import TreeChanged
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.db.models import Model

    from ums.core.actor import Actor

MAX_DEPTH = 30

BEFORE_DELETING: list[Callable[[Directory], None]] = []
"""Called with a directory that is to be deleted: upper rooms, which register in AppConfig.ready(), take away what they
keep there and nobody sees."""


@transaction.atomic
def directory_create(*, actor: Actor, parent: Directory, name: str, comment: str = "") -> Directory:
    """A new directory below `parent`, of its kind. Raises AppError `invalid`, NotAllowed."""
    require(actor.user, Action.WRITE, parent)
    if _depth(parent) >= MAX_DEPTH:
        raise AppError("directory_too_deep", f"Directories can be nested {MAX_DEPTH} levels deep at most.")
    directory = Directory(kind=parent.kind, parent=parent, name=name.strip(), comment=comment)
    _check_and_save(directory)
    record(
        actor=actor, action="directory.created", target=directory, after={"parent": parent.name, "kind": parent.kind}
    )
    publish_on_commit(TreeChanged())
    return directory


@transaction.atomic
def directory_update(*, actor: Actor, directory: Directory, name: str, comment: str | None = None) -> Directory:
    """Rename a directory, or change its comment. Raises AppError `invalid`, NotAllowed."""
    require(actor.user, Action.WRITE, directory)
    before = {"name": directory.name, "comment": directory.comment}
    directory.name = name.strip()
    if comment is not None:
        directory.comment = comment
    _check_and_save(directory)
    after = {"name": directory.name, "comment": directory.comment}
    record(actor=actor, action="directory.updated", target=directory, before=before, after=after)
    publish_on_commit(TreeChanged())
    return directory


@transaction.atomic
def directory_move(*, actor: Actor, directory: Directory, parent: Directory, when: When = When.NOW) -> Directory:
    """Move a directory with all that is in it; the settings of its devices may change.

    Raises AppError `directory_root`, `directory_other_kind`, `directory_cycle`, `directory_too_deep`, NotAllowed.
    """
    require(actor.user, Action.WRITE, directory)
    require(actor.user, Action.WRITE, parent)
    # Two moves at once could make a ring of two directories: the second waits here for the first.
    structure_locked(kind=directory.kind)
    directory.refresh_from_db(fields=["parent"])
    if directory.parent is None:
        raise AppError("directory_root", "The root directory cannot be moved.")
    if parent.kind != directory.kind:
        raise AppError(
            "directory_other_kind",
            f"“{directory.name}” belongs under {DirectoryKind(directory.kind).label}, "
            f"not under {DirectoryKind(parent.kind).label}.",
        )
    if Directory.objects.filter(pk=parent.pk, pk__in=subtree([directory.pk])).exists():
        raise AppError("directory_cycle", "A directory cannot be moved into itself or into one below it.")
    if _depth(parent) + _height(directory) > MAX_DEPTH:
        raise AppError("directory_too_deep", f"Directories can be nested {MAX_DEPTH} levels deep at most.")
    before = {"parent": directory.parent.name}
    directory.parent = parent
    _check_and_save(directory)
    if directory.kind == DirectoryKind.DEVICE:
        settings_changed(actor=actor, devices=Device.objects.filter(directory__in=subtree([directory.pk])), when=when)
    record(actor=actor, action="directory.moved", target=directory, before=before, after={"parent": parent.name})
    publish_on_commit(TreeChanged())
    return directory


@transaction.atomic
def directory_delete(*, actor: Actor, directory: Directory) -> None:
    """Delete an empty directory. Raises Conflict `directory_not_empty`, AppError `directory_root`, NotAllowed."""
    require(actor.user, Action.WRITE, directory)
    if directory.parent_id is None:
        raise AppError("directory_root", "The root directory cannot be deleted.")
    content = {
        Directory: directory.children.count(),
        Device: Device.objects.filter(directory=directory).count(),
    }
    try:
        if not any(content.values()):
            for make_room in BEFORE_DELETING:
                make_room(directory)
            record(actor=actor, action="directory.deleted", target=directory, before={"kind": directory.kind})
            directory.delete()
            publish_on_commit(TreeChanged())
            return
    except ProtectedError as error:
        content = Counter(type(one) for one in error.protected_objects)
    raise Conflict(
        "directory_not_empty",
        f"“{directory.name}” still holds {_in_words(content)}. Move or delete them first.",
    )


def directory_delete_refusal(*, actor: Actor, directory: Directory) -> AppError | None:
    """Why `directory_delete` would refuse, or None: tried out and taken back. Raises NotAllowed."""
    try:
        with transaction.atomic(), trying():
            directory_delete(actor=actor, directory=copy(directory))
            transaction.set_rollback(True)
    except NotAllowed:
        raise
    except AppError as error:
        return error
    return None


def _in_words(content: Mapping[type[Model], int]) -> str:
    """2 directories and 1 device."""
    counted = [(count, model._meta) for model, count in content.items() if count]
    return " and ".join(f"{n:,} {meta.verbose_name if n == 1 else meta.verbose_name_plural}" for n, meta in counted)


def _check_and_save(directory: Directory) -> None:
    siblings = Directory.objects.filter(parent_id=directory.parent_id, name=directory.name)
    if siblings.exclude(pk=directory.pk).exists():
        message = f"There is already a directory “{directory.name}” here. Choose another name."
        raise AppError("invalid", message, fields={"name": [message]})
    clean(directory)
    directory.save()


def _depth(directory: Directory) -> int:
    depth, parent = 1, directory.parent
    while parent is not None and depth <= MAX_DEPTH:
        depth, parent = depth + 1, parent.parent
    return depth


def _height(directory: Directory) -> int:
    height, level = 0, [directory.pk]
    while level and height <= MAX_DEPTH:
        height, level = height + 1, list(Directory.objects.filter(parent__in=level).values_list("pk", flat=True))
    return height
