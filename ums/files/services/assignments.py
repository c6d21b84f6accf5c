"""Assigning files to devices and directories, and taking them away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from ums.audit.services import record
from ums.core.access import Action, require
from ums.core.errors import AppError
from ums.core.validation import clean
from ums.devices.models import Device, Directory, DirectoryKind
from ums.devices.selectors import devices_of_targets
from ums.devices.services import When, settings_changed, structure_locked
from ums.files.models import File, FileAssignment
from ums.live.messages import TreeChanged
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ums.core.actor import Actor

MAX_ASSIGNMENTS = 10_000


@transaction.atomic
def files_assign(
    *, actor: Actor, files: Collection[File], targets: Collection[Device | Directory], when: When = When.NOW
) -> list[FileAssignment]:
    """Assign each file to each target. What is assigned already stays; returns the new assignments.

    Needs “assign” on both sides (domain/console.md §8). Raises NotAllowed, AppError `target_other_kind`,
    `too_many_assignments`.
    """
    if len(files) * len(targets) > MAX_ASSIGNMENTS:
        raise AppError(
            "too_many_assignments",
            f"That would be {len(files) * len(targets):,} assignments; {MAX_ASSIGNMENTS:,} can be made at once. "
            "Assign to a directory instead.",
        )
    for file in files:
        require(actor.user, Action.ASSIGN, file)
    for target in targets:
        require(actor.user, Action.ASSIGN, target)
        if isinstance(target, Directory) and target.kind != DirectoryKind.DEVICE:
            raise AppError("target_other_kind", "Files are assigned to devices, directories of devices and profiles.")
    structure_locked()
    made = []
    for file in files:
        for target in targets:
            side = {"device": target} if isinstance(target, Device) else {"directory": target}
            assignment, created = FileAssignment.objects.get_or_create(
                file=file, **side, defaults={"author_name": actor.name}
            )
            if created:
                clean(assignment)
                made.append(assignment)
                record(actor=actor, action="file.assigned", target=file, after=_words(target))
    _mark(actor, [assignment.target for assignment in made], when)
    return made


@transaction.atomic
def files_unassign(
    *, actor: Actor, assignments: Collection[FileAssignment], when: When = When.NOW
) -> list[tuple[File, Device | Directory]]:
    """Take assignments away; devices remove the files. Returns what they joined, so that it can be undone.

    Raises NotAllowed.
    """
    structure_locked()
    removed = []
    for assignment in assignments:
        require(actor.user, Action.ASSIGN, assignment.file)
        require(actor.user, Action.ASSIGN, assignment.target)
        removed.append((assignment.file, assignment.target))
        record(actor=actor, action="file.unassigned", target=assignment.file, before=_words(assignment.target))
    _mark(actor, [target for _, target in removed], when)
    FileAssignment.objects.filter(pk__in=[assignment.pk for assignment in assignments]).delete()
    return removed


def _mark(actor: Actor, targets: Iterable[Device | Directory], when: When) -> None:
    if targets := list(targets):
        settings_changed(actor=actor, devices=devices_of_targets(targets=targets), when=when)
        publish_on_commit(TreeChanged())


def _words(target: Device | Directory) -> dict[str, str | int]:
    kind = "device" if isinstance(target, Device) else "directory"
    return {"target": kind, "id": target.pk, "name": str(target)}
