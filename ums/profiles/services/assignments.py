"""Assigning profiles to devices and directories, and taking them away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from ums.audit.services import record_each
from ums.core.access import Action, require, restrict
from ums.core.errors import AppError, Conflict
from ums.devices.models import Device, Directory, DirectoryKind
from ums.devices.selectors import devices_of_targets
from ums.devices.services import When, settings_changed, structure_locked
from ums.live.messages import TreeChanged
from ums.live.publish import publish_on_commit
from ums.profiles.models import Assignment, Profile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.db.models import QuerySet

    from ums.core.actor import Actor

MAX_ASSIGNMENTS = 10_000


@transaction.atomic
def profiles_assign(
    *,
    actor: Actor,
    profiles: Collection[Profile],
    targets: Collection[Device | Directory],
    when: When = When.NOW,
) -> list[Assignment]:
    """Assign each profile to each target. What is assigned already stays; returns the new assignments.

    Needs “assign” on both sides (domain/console.md §8). The same number of queries for one pair and for a thousand.
    Raises NotAllowed, AppError `target_other_kind`, `too_many_assignments`, Conflict `object_gone`, `in_recycle_bin`.
    """
    if len(profiles) * len(targets) > MAX_ASSIGNMENTS:
        raise AppError(
            "too_many_assignments",
            f"That would be {len(profiles) * len(targets):,} assignments; {MAX_ASSIGNMENTS:,} can be made at once. "
            "Assign to a directory instead.",
        )
    if any(isinstance(target, Directory) and target.kind != DirectoryKind.DEVICE for target in targets):
        raise AppError("target_other_kind", "Profiles are assigned to devices and directories of devices.")
    _require_each(actor, profiles, targets)
    structure_locked()
    _check_all_there(profiles, targets)
    made = _made(actor, profiles, targets)
    record_each(
        actor=actor,
        action="profile.assigned",
        changes=[(one.profile, None, _words(one.target)) for one in made],
    )
    _mark(actor, {one.target for one in made}, when)
    return made


@transaction.atomic
def profiles_unassign(
    *, actor: Actor, assignments: Collection[Assignment], when: When = When.NOW
) -> list[tuple[Profile, Device | Directory]]:
    """Take assignments away, as far as they are still there. Returns what they joined, so that it can be undone.

    Raises NotAllowed.
    """
    structure_locked()
    _require_each(actor, {one.profile for one in assignments}, {one.target for one in assignments})
    rows = Assignment.objects.filter(pk__in=[one.pk for one in assignments])
    there = set(rows.order_by().values_list("pk", flat=True))
    removed = [(one.profile, one.target) for one in assignments if one.pk in there]
    record_each(
        actor=actor,
        action="profile.unassigned",
        changes=[(profile, _words(target), None) for profile, target in removed],
    )
    _mark(actor, {target for _, target in removed}, when)
    rows.delete()
    return removed


def _require_each(actor: Actor, profiles: Collection[Profile], targets: Collection[Device | Directory]) -> None:
    """Assigning is allowed on all of them: one query for each kind. Raises NotAllowed that names the first."""
    if actor.user is None:
        return
    for model in (Profile, Device, Directory):
        wanted = [one for one in (*profiles, *targets) if isinstance(one, model)]
        rows: QuerySet[Any] = model._default_manager.filter(pk__in={one.pk for one in wanted}).order_by()
        allowed = set(restrict(rows, actor.user, Action.ASSIGN).values_list("pk", flat=True)) if wanted else set()
        if refused := next((one for one in wanted if one.pk not in allowed), None):
            require(actor.user, Action.ASSIGN, refused)


def _check_all_there(profiles: Collection[Profile], targets: Collection[Device | Directory]) -> None:
    """Under the lock: what was deleted since it was read cannot be assigned. Raises Conflict `object_gone`."""
    for wanted, rows in (
        (profiles, Profile.objects.filter(deleted_at=None)),
        ([one for one in targets if isinstance(one, Device)], Device.objects.all()),
        ([one for one in targets if isinstance(one, Directory)], Directory.objects.all()),
    ):
        ids = {one.pk for one in wanted}
        there = set(rows.filter(pk__in=ids).order_by().values_list("pk", flat=True)) if ids else set()
        if gone := next((one for one in wanted if one.pk not in there), None):
            _refuse_binned(gone)
            raise Conflict("object_gone", f"“{gone}” was deleted in the meantime; nothing was assigned.")


def _refuse_binned(gone: Profile | Device | Directory) -> None:
    """Raises Conflict `in_recycle_bin`."""
    if isinstance(gone, Profile) and Profile.objects.filter(pk=gone.pk).exists():
        raise Conflict("in_recycle_bin", f"“{gone}” lies in the recycle bin. Restore it first.")


def _made(actor: Actor, profiles: Collection[Profile], targets: Collection[Device | Directory]) -> list[Assignment]:
    """The assignments that were missing. The structure lock keeps another writer from making the same ones."""
    on = Q(device__in=[one for one in targets if isinstance(one, Device)])
    on |= Q(directory__in=[one for one in targets if isinstance(one, Directory)])
    known = set(
        Assignment.objects.filter(on, profile__in=profiles)
        .order_by()
        .values_list("profile_id", "device_id", "directory_id")
    )
    wanted = {
        (profile.pk, *_ids(target)): Assignment(profile=profile, author_name=actor.name[:150], **_side(target))
        for profile in profiles
        for target in targets
    }
    return Assignment.objects.bulk_create([row for key, row in wanted.items() if key not in known], batch_size=1000)


def _mark(actor: Actor, targets: Iterable[Device | Directory], when: When) -> None:
    if targets := list(targets):
        settings_changed(actor=actor, devices=devices_of_targets(targets=targets), when=when)
        publish_on_commit(TreeChanged())


def _ids(target: Device | Directory) -> tuple[int | None, int | None]:
    return (target.pk, None) if isinstance(target, Device) else (None, target.pk)


def _side(target: Device | Directory) -> dict[str, Device | Directory]:
    return {"device": target} if isinstance(target, Device) else {"directory": target}


def _words(target: Device | Directory) -> dict[str, str | int]:
    kind = "device" if isinstance(target, Device) else "directory"
    return {"target": kind, "id": target.pk, "name": str(target)}
