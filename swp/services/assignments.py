"""Assigning profiles to users, groups and OUs of linked directories, and taking them away."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db import transaction

from swp.kinds import TARGETS
from swp.models import DirectoryObject, LinkedDirectory, UserAssignment
from swp.selectors import devices_reached
from swp.services.objects import objects_seen
from ums.audit.services import record_each
from ums.core.access import Action, require, restrict
from ums.core.errors import AppError, Conflict
from ums.devices.services import When, settings_changed, structure_locked
from ums.profiles.models import Profile, ProfileKind
from ums.profiles.services.assignments import MAX_ASSIGNMENTS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from swp.ldap.types import Entry
    from ums.core.actor import Actor

USER_KINDS = (ProfileKind.STANDARD, ProfileKind.PRIORITY)
"""What users can have (domain/profiles.md §5)."""


@transaction.atomic
def user_assignments_add(
    *,
    actor: Actor,
    profiles: Collection[Profile],
    objects: Collection[DirectoryObject],
    when: When = When.NOW,
) -> list[UserAssignment]:
    """Assign each profile to each object. What is assigned already stays; returns the new assignments.

    Needs “users”, and “assign” on the profiles. The devices of all whom an object reaches while they are logged in get
    their settings anew. Raises NotAllowed, AppError `profile_not_for_users`, `template_not_for_users`,
    `target_other_kind`, `directory_not_for_users`, `too_many_assignments`, Conflict `object_gone`, `in_recycle_bin`.
    """
    if (count := len(profiles) * len(objects)) > MAX_ASSIGNMENTS:
        raise AppError(
            "too_many_assignments",
            f"That would be {count:,} assignments; {MAX_ASSIGNMENTS:,} can be made at once. Assign to a group instead.",
        )
    _require_each(actor, profiles)
    structure_locked()
    _check_profiles(profiles)
    _check_objects(objects)
    known = set(
        UserAssignment.objects.filter(profile__in=profiles, target__in=objects)
        .order_by()
        .values_list("profile_id", "target_id")
    )
    wanted = {
        (profile.pk, target.pk): UserAssignment(profile=profile, target=target, author_name=actor.name[:150])
        for profile in profiles
        for target in objects
    }
    made = UserAssignment.objects.bulk_create([row for key, row in wanted.items() if key not in known], batch_size=1000)
    record_each(
        actor=actor,
        action="profile.user_assigned",
        changes=[(one.profile, None, _words(one.target)) for one in made],
    )
    _mark(actor, {one.target for one in made}, when)
    return made


@transaction.atomic
def user_assignments_add_seen(
    *,
    actor: Actor,
    profiles: Collection[Profile],
    seen: Iterable[tuple[LinkedDirectory, Iterable[Entry]]],
    when: When = When.NOW,
) -> list[UserAssignment]:
    """The same for what the directories have just shown: objects that have no row yet get one."""
    _require_each(actor, profiles)
    structure_locked()
    objects = [row for directory, some in seen for row in objects_seen(directory=directory, entries=some).values()]
    return user_assignments_add(actor=actor, profiles=profiles, objects=objects, when=when)


@transaction.atomic
def user_assignments_remove(
    *, actor: Actor, assignments: Collection[UserAssignment], when: When = When.NOW
) -> list[tuple[Profile, DirectoryObject]]:
    """Take assignments away, as far as they are still there. Returns what they joined, so that it can be undone.

    Raises NotAllowed.
    """
    structure_locked()
    _require_each(actor, {one.profile for one in assignments})
    rows = UserAssignment.objects.filter(pk__in=[one.pk for one in assignments])
    there = set(rows.order_by().values_list("pk", flat=True))
    removed = [(one.profile, one.target) for one in assignments if one.pk in there]
    record_each(
        actor=actor,
        action="profile.user_unassigned",
        changes=[(profile, _words(target), None) for profile, target in removed],
    )
    _mark(actor, {target for _, target in removed}, when)
    rows.delete()
    return removed


@transaction.atomic
def user_assignments_restore(
    *, actor: Actor, pairs: Collection[tuple[Profile, DirectoryObject]], when: When = When.NOW
) -> list[UserAssignment]:
    """Assign exactly these pairs: the undo of a removal. Raises as `user_assignments_add`."""
    by_target: dict[DirectoryObject, list[Profile]] = defaultdict(list)
    for profile, target in pairs:
        by_target[target].append(profile)
    made = []
    for target, profiles in by_target.items():
        made += user_assignments_add(actor=actor, profiles=profiles, objects=[target], when=when)
    return made


def _require_each(actor: Actor, profiles: Collection[Profile]) -> None:
    """Raises NotAllowed that names the first profile that the actor may not assign."""
    require(actor.user, Action.USERS)
    if actor.user is None:
        return
    rows = Profile.objects.filter(pk__in={one.pk for one in profiles}).order_by()
    allowed = set(restrict(rows, actor.user, Action.ASSIGN).values_list("pk", flat=True))
    if refused := next((one for one in profiles if one.pk not in allowed), None):
        require(actor.user, Action.ASSIGN, refused)


def _check_profiles(profiles: Collection[Profile]) -> None:
    """Under the lock: they are there, and of a kind that users can have."""
    there = Profile.objects.select_related("head").defer("head__content").in_bulk([one.pk for one in profiles])
    for one in profiles:
        row = there.get(one.pk)
        if row is None:
            raise Conflict("object_gone", f"“{one}” was deleted in the meantime; nothing was assigned.")
        if row.deleted_at:
            raise Conflict("in_recycle_bin", f"“{one}” lies in the recycle bin. Restore it first.")
        if row.kind not in USER_KINDS:
            raise AppError(
                "profile_not_for_users",
                f"“{one}” is a {ProfileKind(row.kind).label.lower()}. Users can have standard and priority profiles.",
            )
        if row.head and row.head.template_keys:
            raise AppError(
                "template_not_for_users",
                f"“{one}” takes values from template keys ({', '.join(row.head.template_keys[:5])}), "
                "which exist for devices only.",
            )


def _check_objects(objects: Collection[DirectoryObject]) -> None:
    """Under the lock: they are there, and something that profiles can be assigned to."""
    there = DirectoryObject.objects.select_related("directory").in_bulk([one.pk for one in objects])
    for one in objects:
        row = there.get(one.pk)
        if row is None or row.gone_at:
            raise Conflict("object_gone", f"“{one}” is not in its directory any more; nothing was assigned.")
        if row.kind not in TARGETS:
            raise AppError(
                "target_other_kind",
                f"“{one}” is a plain container. Profiles are assigned to users, groups and organizational units.",
            )
        if row.directory.kind != LinkedDirectory.Kind.AD:
            raise AppError(
                "directory_not_for_users",
                f"{row.directory} is no Active Directory. An LDAP service supplies administrators only.",
            )


def _mark(actor: Actor, targets: Iterable[DirectoryObject], when: When) -> None:
    if targets := list(targets):
        settings_changed(actor=actor, devices=devices_reached(targets=targets), when=when)


def _words(target: DirectoryObject) -> dict[str, str | int]:
    return {"target": target.kind, "id": target.pk, "name": target.name, "directory": str(target.directory)}
