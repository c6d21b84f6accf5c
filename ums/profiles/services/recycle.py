"""The recycle bin: a deleted profile keeps what it is assigned to, and counts for nothing until it comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from ums.audit.services import record
from ums.core.access import Action, require
from ums.core.errors import Conflict
from ums.devices.selectors import directory_root
from ums.devices.services import When, settings_changed, structure_locked
from ums.domain.parameters import settings_to_json
from ums.live.messages import TreeChanged
from ums.live.publish import publish_on_commit
from ums.profiles.content import catalogue_of, masked
from ums.profiles.models import Profile
from ums.profiles.selectors import devices_of_profile, profile_bin

if TYPE_CHECKING:
    from ums.core.actor import Actor
    from ums.devices.models import Directory


@transaction.atomic
def profile_delete(*, actor: Actor, profile: Profile, when: When = When.NOW) -> Profile:
    """Move a profile to the recycle bin: its values go from the devices, its assignments are kept.

    Raises Conflict `profile_gone`, `in_recycle_bin`, NotAllowed.
    """
    require(actor.user, Action.WRITE, profile)
    structure_locked()
    profile = _locked(profile)
    if profile.deleted_at is not None:
        raise Conflict("in_recycle_bin", f"“{profile.name}” lies in the recycle bin already.")
    profile.deleted_at, profile.deleted_by = timezone.now(), actor.name[:150]
    profile.save(update_fields=["deleted_at", "deleted_by"])
    record(actor=actor, action="profile.recycled", target=profile, before={"directory": profile.directory.name})
    settings_changed(actor=actor, devices=devices_of_profile(profile=profile), when=when)
    publish_on_commit(TreeChanged())
    return profile


@transaction.atomic
def profile_restore(*, actor: Actor, profile: Profile, when: When = When.NOW) -> Profile:
    """Take a profile out of the recycle bin: it is in its directory again, and counts where it is assigned.

    Raises Conflict `profile_gone`, `not_in_recycle_bin`, NotAllowed.
    """
    require(actor.user, Action.WRITE, profile)
    structure_locked()
    profile = _locked(profile)
    if profile.deleted_at is None:
        raise Conflict("not_in_recycle_bin", f"“{profile.name}” is not in the recycle bin.")
    profile.deleted_at, profile.deleted_by = None, ""
    profile.save(update_fields=["deleted_at", "deleted_by"])
    record(actor=actor, action="profile.restored", target=profile, after={"directory": profile.directory.name})
    settings_changed(actor=actor, devices=devices_of_profile(profile=profile), when=when)
    publish_on_commit(TreeChanged())
    return profile


@transaction.atomic
def profile_delete_for_good(*, actor: Actor, profile: Profile, when: When = When.NOW) -> None:
    """Delete a profile, from the recycle bin or not, with its revisions and assignments.

    Raises Conflict `profile_gone`, NotAllowed.
    """
    require(actor.user, Action.WRITE, profile)
    structure_locked()
    profile = _locked(profile)
    if profile.deleted_at is None:
        settings_changed(actor=actor, devices=devices_of_profile(profile=profile), when=when)
    head = profile.head
    content = masked(catalogue_of(profile.based_on), head.content) if head else None
    record(
        actor=actor,
        action="profile.deleted",
        target=profile,
        before={
            "kind": profile.kind,
            "directory": profile.directory.name,
            "overwrite_sessions": bool(head and head.overwrite_sessions),
            **(settings_to_json(content) if content else {}),
        },
    )
    Profile.objects.filter(pk=profile.pk).update(head=None)
    profile.delete()
    publish_on_commit(TreeChanged())


@transaction.atomic
def recycle_bin_empty(*, actor: Actor) -> int:
    """Delete for good all profiles of the recycle bin that the actor may write. Returns how many."""
    binned = Profile.objects.filter(deleted_at__isnull=False)
    profiles = list(profile_bin(user=actor.user, action=Action.WRITE) if actor.user else binned)
    for profile in profiles:
        profile_delete_for_good(actor=actor, profile=profile)
    return len(profiles)


def make_room(directory: Directory) -> None:
    """Before a directory is deleted: what lies in the recycle bin and would come back there comes back to the root."""
    binned = Profile.objects.filter(directory=directory, deleted_at__isnull=False)
    binned.update(directory=directory_root(kind=directory.kind))


def _locked(profile: Profile) -> Profile:
    rows = Profile.objects.select_for_update(of=("self",)).select_related("based_on", "head", "directory")
    found = rows.filter(pk=profile.pk).first()
    if found is None:
        raise Conflict("profile_gone", f"“{profile.name}” was deleted for good in the meantime.")
    return found
