"""Copying profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from ums.audit.services import record
from ums.core.access import Action, may, require
from ums.core.errors import Conflict
from ums.devices.services import When
from ums.domain.parameters import Settings, settings_to_json
from ums.profiles.comparison import side_of
from ums.profiles.models import Profile, Revision
from ums.profiles.services.assignments import profiles_assign
from ums.profiles.services.profiles import profile_create
from ums.profiles.starting import with_new_serials, without_secrets

if TYPE_CHECKING:
    from ums.core.actor import Actor
    from ums.devices.models import Directory


@transaction.atomic
def profile_copy(
    *,
    actor: Actor,
    profile: Profile,
    directory: Directory,
    name: str,
    description: str | None = None,
    with_assignments: bool = False,
    when: When = When.NOW,
) -> Profile:
    """A new profile with the settings of another one; the tree of `directory` may make it of another kind.

    Its free instances are its own: a device that has both profiles has both. Secrets come along for those only who may
    assign the original, and so give them to devices anyway. `with_assignments`: assigned to the same objects at once.
    Raises AppError as `profile_create` and `profiles_assign`, Conflict `profile_gone`, NotAllowed.
    """
    require(actor.user, Action.READ, profile)
    head = (
        Revision.objects.filter(head_of=profile, profile__deleted_at=None)
        .select_related("based_on", "profile__based_on")
        .first()
    )
    if head is None:
        raise Conflict("profile_gone", f"“{profile.name}” was deleted in the meantime; nothing was copied.")
    side = side_of(head)
    settings: Settings = side.settings if secrets_copied(actor, profile) else without_secrets(side)
    copy = profile_create(
        actor=actor,
        name=name,
        directory=directory,
        based_on=head.based_on or head.profile.based_on,
        description=profile.description if description is None else description,
        settings=settings_to_json(with_new_serials(settings)),
        overwrite_sessions=head.overwrite_sessions,
        comment=f"Copied from “{profile.name}”, revision {head.number}"[:1000],
        use_case=profile.use_case,
        keep_unknown=True,
    )
    record(
        actor=actor,
        action="profile.copied",
        target=copy,
        after={"from": profile.name, "from_id": profile.pk, "revision": head.number},
    )
    if with_assignments:
        assignments = profile.assignments.select_related("device", "directory")
        if targets := [one.target for one in assignments]:
            profiles_assign(actor=actor, profiles=[copy], targets=targets, when=when)
    return copy


def secrets_copied(actor: Actor, profile: Profile) -> bool:
    """Whether a copy that the actor makes has the secrets of the profile: who may export them may copy them."""
    return actor.user is None or may(actor.user, Action.WRITE, profile)
