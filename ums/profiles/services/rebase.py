"""Moving a profile to another catalogue: another version of its firmware or app, or another app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from ums.audit.services import record
from ums.core.access import Action, require
from ums.core.errors import AppError, Conflict
from ums.devices.services import When, settings_changed, structure_locked
from ums.domain.parameters import move_settings
from ums.profiles.content import catalogue_of, unsealed
from ums.profiles.selectors import devices_of_profile
from ums.profiles.services.profiles import head_of, locked, revise

if TYPE_CHECKING:
    from ums.core.actor import Actor
    from ums.profiles.models import Catalogue, Profile, Revision


@transaction.atomic
def profile_rebase(
    *,
    actor: Actor,
    profile: Profile,
    catalogue: Catalogue,
    base: int,
    comment: str = "",
    when: When = When.NOW,
) -> Revision:
    """A new revision of the profile that is made with another catalogue, and mark the devices that have it.

    Values that are unknown there are kept and counted as such; values that are refused there are left out
    (`ums.profiles.rebasing` tells beforehand). The same catalogue changes nothing: the head is returned. Raises
    Conflict `profile_changed` and `profile_gone`, AppError `catalogue_other_os`, NotAllowed.
    """
    require(actor.user, Action.WRITE, profile)
    structure_locked()
    profile = locked(profile)
    head = head_of(profile)
    if head.number != base:
        raise Conflict(
            "profile_changed",
            f"{head.author_name} saved revision {head.number} of “{profile.name}” in the meantime. "
            "Look at what moving it means now.",
        )
    check_os(profile, catalogue)
    known = profile.based_on
    if known.pk == catalogue.pk:
        return head
    moved = move_settings(catalogue_of(known), catalogue_of(catalogue), unsealed(catalogue_of(known), head.content))
    profile.based_on = catalogue
    profile.save(update_fields=["based_on"])
    words = f"Moved from {known} to {catalogue}"
    revision = revise(actor, profile, moved.settings, head.overwrite_sessions, comment.strip() or words)
    record(
        actor=actor,
        action="profile.rebased",
        target=profile,
        before={"revision": head.number, "based_on": str(known)},
        after={
            "revision": revision.number,
            "based_on": str(catalogue),
            "kept": sorted(moved.kept),
            "left_out": dict(sorted(moved.refused.items())),
        },
        comment=comment,
    )
    settings_changed(actor=actor, devices=devices_of_profile(profile=profile), when=when)
    return revision


def check_os(profile: Profile, catalogue: Catalogue) -> None:
    """Raises AppError `catalogue_other_os` when the catalogue is for another kind of device."""
    if profile.based_on.os != catalogue.os:
        raise AppError(
            "catalogue_other_os",
            f"“{profile.name}” is for {profile.based_on.os}, and {catalogue} is for {catalogue.os}. "
            "A profile cannot be moved to another kind of device: make a new one.",
        )
