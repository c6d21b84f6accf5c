"""All writes to the tree of the transfer directory. One happens at a time in the whole network (`locked_top`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from ums.audit.services import record
from ums.core.access import Action, require
from ums.core.errors import AppError, Conflict
from ums.domain.transfer import MAX_DEPTH, MAX_ENTRIES, PathError, check_path
from ums.files.models import TransferEntry
from ums.files.services.contents import content_kept, dropped
from ums.files.transfer.locks import locks_removed
from ums.files.transfer.selectors import found, levels, locked_top, path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ums.core.actor import Actor
    from ums.domain.transfer import Path
    from ums.files.store import Kept

MAX_PROPERTIES = 64 * 1024
"""Characters of all that clients note about one entry."""


@transaction.atomic
def directory_make(*, actor: Actor, at: Path) -> TransferEntry:
    """A new, empty directory. Raises NotAllowed, AppError `path_refused`, `directory_full`, Conflict `no_directory`,
    `entry_exists`.
    """
    _begin(actor)
    parent, there = _place(at)
    if there is not None:
        raise Conflict("entry_exists", "Something of this name is there already.")
    entry = TransferEntry.objects.create(parent=parent, name=at[-1], author_name=actor.name[:150])
    record(actor=actor, action="transfer.made", target=entry, after={"path": _words(at)})
    return entry


@transaction.atomic
def file_put(*, actor: Actor, at: Path, kept: Kept) -> TransferEntry:
    """Give a file its content, a new file or one that is there. To be called before the context of `Store.incoming`
    ends. Raises as `directory_make`, Conflict `entry_exists` for a directory.
    """
    _begin(actor)
    parent, there = _place(at)
    content = content_kept(kept)
    before = None
    if there is None:
        there = TransferEntry(parent=parent, name=at[-1])
    elif there.content_id is None:
        raise Conflict("entry_exists", "A directory of this name is there.")
    else:
        before = there.content_id
    there.content, there.author_name, there.updated_at = content, actor.name[:150], timezone.now()
    there.save()
    after = {"path": _words(at), "sha256": kept.sha256, "size": kept.size}
    record(actor=actor, action="transfer.put", target=there, before={"sha256": before} if before else None, after=after)
    if before and before != kept.sha256:
        dropped(before)
    return there


@transaction.atomic
def entry_move(*, actor: Actor, entry: TransferEntry, to: Path) -> TransferEntry:
    """Move an entry with all that is in it; what lies at the new place goes. Its locks end.

    Raises as `directory_make`, AppError `too_many_entries`, Conflict `into_itself`.
    """
    _begin(actor)
    parent, there = _place(to)
    before = path(entry)
    _check_apart(before, to)
    _check_depth(to, entry)
    if there is not None:
        _delete(there, to)
    locks_removed(before)
    entry.parent, entry.name = parent, to[-1]
    entry.save(update_fields=["parent", "name"])
    record(
        actor=actor, action="transfer.moved", target=entry, before={"path": _words(before)}, after={"path": _words(to)}
    )
    return entry


@transaction.atomic
def entry_copy(*, actor: Actor, entry: TransferEntry, to: Path, deep: bool = True) -> TransferEntry:
    """Copy an entry, with all that is in it or (not `deep`) alone; what lies at the new place goes. Raises as
    `entry_move`.
    """
    _begin(actor)
    parent, there = _place(to)
    before = path(entry)
    _check_apart(before, to)
    _check_depth(to, entry)
    rows = [*levels(entry)] if deep else [[entry]]
    if there is not None:
        _delete(there, to)
    copies: dict[int, TransferEntry] = {}
    for level in rows:
        made = [
            TransferEntry(
                parent=copies.get(one.parent_id or 0, parent),
                name=to[-1] if one.pk == entry.pk else one.name,
                content_id=one.content_id,
                properties=one.properties,
                author_name=actor.name[:150],
            )
            for one in level
        ]
        TransferEntry.objects.bulk_create(made)
        copies.update({one.pk: copy for one, copy in zip(level, made, strict=True)})
    copy = copies[entry.pk]
    after = {"path": _words(to), "from": _words(before), "entries": len(copies)}
    record(actor=actor, action="transfer.copied", target=copy, after=after)
    return copy


@transaction.atomic
def entry_delete(*, actor: Actor, entry: TransferEntry) -> None:
    """Delete an entry with all that is in it. Raises NotAllowed, AppError `path_refused` for the top,
    `too_many_entries`.
    """
    _begin(actor)
    at = path(entry)
    if not at:
        raise AppError("path_refused", "The transfer directory itself stays.", status=403)
    record(actor=actor, action="transfer.deleted", target=entry, before={"path": _words(at)})
    _delete(entry, at)


@transaction.atomic
def entry_describe(*, actor: Actor, entry: TransferEntry, properties: Mapping[str, str]) -> None:
    """Replace what WebDAV clients note about an entry: XML by name. Raises NotAllowed, AppError
    `too_many_properties`.
    """
    require(actor.user, Action.TRANSFER)
    if len(json.dumps(dict(properties))) > MAX_PROPERTIES:
        raise AppError("too_many_properties", f"Properties have {MAX_PROPERTIES // 1024} KB at most.", status=507)
    entry.properties = dict(properties)
    entry.save(update_fields=["properties"])


def _begin(actor: Actor) -> None:
    """Raises NotAllowed."""
    require(actor.user, Action.TRANSFER)
    locked_top()


def _place(at: Path) -> tuple[TransferEntry, TransferEntry | None]:
    """The directory of a path, and what lies at the path."""
    try:
        check_path(at)
    except PathError as error:
        raise AppError("path_refused", str(error)) from error
    if not at:
        raise AppError("path_refused", "The transfer directory itself stays.", status=403)
    parent = found(at[:-1])
    if parent is None or parent.content_id is not None:
        raise Conflict("no_directory", f"“{_words(at[:-1])}” is not a directory.")
    there = TransferEntry.objects.filter(parent=parent, name=at[-1]).first()
    if there is None and parent.members.count() >= MAX_ENTRIES:
        raise AppError("directory_full", f"A directory has {MAX_ENTRIES:,} members at most.", status=507)
    return parent, there


def _check_apart(one: Path, other: Path) -> None:
    """Raises Conflict for two places of which one lies in the other."""
    shorter = min(len(one), len(other))
    if one[:shorter] == other[:shorter]:
        raise Conflict("into_itself", "A directory cannot be put into itself, and nothing into its own place.")


def _check_depth(to: Path, entry: TransferEntry) -> None:
    height = sum(1 for _ in levels(entry))
    if len(to) - 1 + height > MAX_DEPTH:
        raise AppError("path_refused", f"Directories lie {MAX_DEPTH} deep at most.")


def _delete(entry: TransferEntry, at: Path) -> None:
    contents = {one.content_id for level in levels(entry) for one in level if one.content_id}
    entry.delete()
    locks_removed(at)
    for sha256 in sorted(contents):
        dropped(sha256)


def _words(at: Path) -> str:
    return "/" + "/".join(at)
