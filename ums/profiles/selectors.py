"""Reading profiles and assignments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q

from ums.core.access import Action, restrict, subtree
from ums.devices.models import Device, Directory
from ums.devices.selectors import devices_of_targets, directory_ancestors
from ums.domain.versions import version_key
from ums.profiles.kinds import counting, switched_on
from ums.profiles.models import Assignment, Catalogue, Profile, Revision

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from django.db.models import QuerySet

NEWEST = "UMS Linux"
"""New profiles are based on the newest catalogue of this name, when there is one."""


def profile_list(
    *, user: Any, kind: str | None = None, directory: Directory | None = None, action: str = Action.READ
) -> QuerySet[Profile]:
    """The profiles that `user` may read, below `directory` if given, with the number of their assignments.

    Without those in the recycle bin, and without those of a kind that is switched off.
    """
    return _profiles(user, kind, directory, action).filter(deleted_at=None)


def profile_bin(*, user: Any, action: str = Action.READ) -> QuerySet[Profile]:
    """The profiles in the recycle bin that `user` may read, with the number of assignments that they keep."""
    return _profiles(user, None, None, action).filter(deleted_at__isnull=False)


def profile_any(*, user: Any, action: str = Action.READ) -> QuerySet[Profile]:
    """The same, in the recycle bin or not."""
    return _profiles(user, None, None, action)


def _profiles(user: Any, kind: str | None, directory: Directory | None, action: str) -> QuerySet[Profile]:
    profiles = restrict(Profile.objects.filter(switched_on()), user, action)
    if kind is not None:
        profiles = profiles.filter(kind=kind)
    if directory is not None:
        profiles = profiles.filter(directory__in=subtree([directory.pk]))
    return (
        profiles.select_related("head", "based_on", "directory")
        .defer("based_on__definition")
        .annotate(assignment_count=Count("assignments"))
    )


def revision_list(*, user: Any, profile: Profile) -> QuerySet[Revision]:
    """The revisions of a profile, newest first; none for those who may not read it."""
    revisions = restrict(Revision.objects.filter(profile=profile), user, Action.READ)
    return revisions.select_related("based_on", "profile__based_on").defer(
        "based_on__definition", "profile__based_on__definition"
    )


def catalogue_list(*, user: Any) -> QuerySet[Catalogue]:
    """All catalogues, for those who may read anything."""
    return restrict(Catalogue.objects.all(), user, Action.READ)


def catalogue_uses() -> QuerySet[Catalogue]:
    """All catalogues, with the number of profiles that are based on them (`profile_count`)."""
    based = Count("profiles", filter=Q(profiles__deleted_at=None))
    return Catalogue.objects.defer("definition").annotate(profile_count=based)


def profiles_made_with(*, catalogue: Catalogue) -> QuerySet[Profile]:
    """The profiles that are based on a catalogue or have revisions that were, those in the recycle bin included."""
    used = Q(based_on=catalogue) | Q(pk__in=Revision.objects.filter(based_on=catalogue).values("profile"))
    return Profile.objects.filter(used)


def assignment_list(*, user: Any) -> QuerySet[Assignment]:
    """The assignments both sides of which `user` may read."""
    sides = Q(device__in=restrict(Device.objects.order_by(), user, Action.READ).values("pk")) | Q(
        directory__in=restrict(Directory.objects.order_by(), user, Action.READ).values("pk")
    )
    profiles = restrict(Profile.objects.filter(counting()).order_by(), user, Action.READ).values("pk")
    return Assignment.objects.filter(sides, profile__in=profiles).select_related("profile", "device", "directory")


def catalogue_newest(*, name: str | None = None) -> Catalogue | None:
    """The newest catalogue, of one firmware if named."""
    rows = Catalogue.objects.defer("definition")
    if name is not None:
        rows = rows.filter(name=name)
    return max(rows, key=lambda row: version_key(row.version), default=None)


def catalogue_default() -> Catalogue | None:
    """What a new profile is based on unless somebody says otherwise."""
    return catalogue_newest(name=NEWEST) or catalogue_newest()


WAYS: list[Callable[[Collection[int]], QuerySet[Device]]] = []
"""Upper rooms declare in `AppConfig.ready` by what else profiles, named by id, reach devices: by who is logged in."""


def devices_of_profile(*, profile: Profile) -> QuerySet[Device]:
    """All devices that the profile reaches: assigned to them, to a directory above them, or in another way."""
    return devices_of_profiles(profiles=[profile.pk])


def devices_of_profiles(*, profiles: Collection[int]) -> QuerySet[Device]:
    """All devices that profiles, named by id, reach: as `devices_of_profile`."""
    assignments = Assignment.objects.filter(profile__in=profiles).select_related("device", "directory")
    own = devices_of_targets(targets=[assignment.target for assignment in assignments])
    others = [way(profiles) for way in WAYS]
    if not others:
        return own
    where = Q(pk__in=own.order_by().values("pk"))
    for devices in others:
        where |= Q(pk__in=devices.order_by().values("pk"))
    return Device.objects.filter(where)


def assignment_for_directory(*, directory: Directory) -> QuerySet[Assignment]:
    """Assignments on the directory itself and on all above it."""
    ids = directory_ancestors(directory_ids=[directory.pk])[directory.pk]
    return Assignment.objects.filter(counting("profile__"), directory__in=ids).select_related("profile", "directory")


def assignment_for_device(*, device: Device) -> QuerySet[Assignment]:
    """Assignments on the device itself and on all directories above it."""
    ids = directory_ancestors(directory_ids=[device.directory_id])[device.directory_id]
    there = Q(device=device) | Q(directory__in=ids)
    return Assignment.objects.filter(there, counting("profile__")).select_related("profile", "device", "directory")
