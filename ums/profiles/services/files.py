"""Files that come with profiles: they reach the devices on which the profile takes effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from ums.audit.services import record
from ums.core.access import Action, require
from ums.core.validation import clean
from ums.devices.services import When, settings_changed, structure_locked
from ums.live.messages import TreeChanged
from ums.live.publish import publish_on_commit
from ums.profiles.models import ProfileFile
from ums.profiles.selectors import devices_of_profiles

if TYPE_CHECKING:
    from collections.abc import Collection

    from ums.core.actor import Actor
    from ums.files.models import File
    from ums.profiles.models import Profile


@transaction.atomic
def profile_files_assign(
    *, actor: Actor, profiles: Collection[Profile], files: Collection[File], when: When = When.NOW
) -> list[ProfileFile]:
    """Let each file come with each profile. What does already stays; returns what is new.

    Needs “write” on the profile, since it brings more to its devices, and “assign” on the file. Raises NotAllowed.
    """
    for file in files:
        require(actor.user, Action.ASSIGN, file)
    for profile in profiles:
        require(actor.user, Action.WRITE, profile)
    structure_locked()
    made = []
    for profile in profiles:
        for file in files:
            row, created = ProfileFile.objects.get_or_create(
                profile=profile, file=file, defaults={"author_name": actor.name}
            )
            if created:
                clean(row)
                made.append(row)
                record(actor=actor, action="profile.file_added", target=profile, after=_words(file))
    _mark(actor, {row.profile_id for row in made}, when)
    return made


@transaction.atomic
def profile_files_unassign(
    *, actor: Actor, rows: Collection[ProfileFile], when: When = When.NOW
) -> list[tuple[Profile, File]]:
    """Take files away from profiles; devices remove them. Returns what was together. Raises NotAllowed."""
    structure_locked()
    for row in rows:
        require(actor.user, Action.WRITE, row.profile)
        require(actor.user, Action.ASSIGN, row.file)
        record(actor=actor, action="profile.file_removed", target=row.profile, before=_words(row.file))
    _mark(actor, {row.profile_id for row in rows}, when)
    ProfileFile.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return [(row.profile, row.file) for row in rows]


def _mark(actor: Actor, profiles: Collection[int], when: When) -> None:
    if profiles:
        settings_changed(actor=actor, devices=devices_of_profiles(profiles=profiles), when=when)
        publish_on_commit(TreeChanged())


def _words(file: File) -> dict[str, str | int]:
    return {"file": file.name, "id": file.pk, "device_path": file.device_path}
