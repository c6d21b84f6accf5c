"""Profiles as a way in which files reach devices, for `ums.files.reach`, and reading which files come with which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count

from ums.core.access import Action, restrict
from ums.files.models import File
from ums.files.reach import Way
from ums.profiles.models import Profile, ProfileFile
from ums.profiles.selectors import devices_of_profiles

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

    from ums.devices.models import Device


def profile_file_list(*, user: Any) -> QuerySet[ProfileFile]:
    """Which files come with which profiles, where `user` may read both."""
    files = restrict(File.objects.order_by(), user, Action.READ).values("pk")
    profiles = restrict(Profile.objects.filter(deleted_at=None).order_by(), user, Action.READ).values("pk")
    return ProfileFile.objects.filter(file__in=files, profile__in=profiles).select_related("profile", "file")


def _uses(files: Collection[int]) -> dict[int, int]:
    rows = ProfileFile.objects.filter(file__in=files).order_by()
    return dict(rows.values_list("file").annotate(count=Count("pk")))


def _devices(files: Collection[int]) -> QuerySet[Device]:
    rows = ProfileFile.objects.filter(file__in=files).order_by()
    return devices_of_profiles(profiles=set(rows.values_list("profile_id", flat=True)))


WAY = Way(_uses, _devices)
