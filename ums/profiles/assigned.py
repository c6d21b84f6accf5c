"""Which profiles take effect on a device or a directory, strongest first: the right pane of the console."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Min

from ums.core.access import Action, may, restrict, subtree
from ums.devices.models import Device, Directory, SettingsState
from ums.devices.selectors import directory_ancestors
from ums.domain.effectiveness import Layer, Rank
from ums.profiles.models import Assignment, Profile, ProfileKind
from ums.profiles.selectors import assignment_for_device, assignment_for_directory

if TYPE_CHECKING:
    from django.db.models import QuerySet

RANKS = {
    (ProfileKind.STANDARD.value, True): Rank.STANDARD_DEVICE,
    (ProfileKind.STANDARD.value, False): Rank.STANDARD_DIRECTORY,
    (ProfileKind.PRIORITY.value, True): Rank.PRIORITY_DEVICE,
    (ProfileKind.PRIORITY.value, False): Rank.PRIORITY_DIRECTORY,
    (ProfileKind.CUSTOMIZATION.value, True): Rank.CUSTOMIZATION,
    (ProfileKind.CUSTOMIZATION.value, False): Rank.CUSTOMIZATION,
    (ProfileKind.UPDATE.value, True): Rank.FIRMWARE_UPDATE,
    (ProfileKind.UPDATE.value, False): Rank.FIRMWARE_UPDATE,
}
"""Rank of a profile of a kind, by whether it is assigned to the device itself."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """One line of “Assigned objects”.

    direct: assigned to the object itself. pending: not yet transferred to the device, or to a device of the directory.
    readable: the user may open the profile. removable: the user may take the assignment away here.
    """

    assignment: Assignment
    direct: bool
    pending: bool
    readable: bool
    removable: bool


def assigned_for_device(*, user: Any, device: Device) -> list[Assigned]:
    """What is assigned to the device and to the directories above it, in the order of effectiveness.

    The caller has checked that `user` may read the device.
    """
    ancestors = directory_ancestors(directory_ids=[device.directory_id])[device.directory_id]
    distances = {pk: distance for distance, pk in enumerate(ancestors, start=1)}
    states = SettingsState.objects.filter(pk=device.pk, pending=True).values_list("applied_at", flat=True)
    waiting = [applied or datetime.min.replace(tzinfo=UTC) for applied in states]
    return _lines(user, assignment_for_device(device=device), distances, device, waiting[0] if waiting else None)


def assigned_for_directory(*, user: Any, directory: Directory) -> list[Assigned]:
    """What is assigned to the directory and to those above it, in the order in which it counts for a device in it.

    The caller has checked that `user` may read the directory.
    """
    ancestors = directory_ancestors(directory_ids=[directory.pk])[directory.pk]
    distances = {pk: distance for distance, pk in enumerate(ancestors, start=1)}
    # A device that never had any settings would mark everything for ever: it does not count.
    since: datetime | None = SettingsState.objects.filter(
        device__directory__in=subtree([directory.pk]), pending=True, applied_at__isnull=False
    ).aggregate(oldest=Min("applied_at"))["oldest"]
    return _lines(user, assignment_for_directory(directory=directory), distances, directory, since)


def _lines(
    user: Any,
    assignments: QuerySet[Assignment],
    distances: dict[int, int],
    target: Device | Directory,
    waiting_since: datetime | None,
) -> list[Assigned]:
    """`waiting_since`: changes after it may not have been transferred yet; None when all were."""
    rows = list(assignments.select_related("profile__head").defer("profile__head__content"))
    rows.sort(key=lambda row: _layer(row, distances).strength)
    profiles = Profile.objects.filter(pk__in={row.profile_id for row in rows}).order_by()
    readable = set(restrict(profiles, user, Action.READ).values_list("pk", flat=True))
    assignable = set(restrict(profiles, user, Action.ASSIGN).values_list("pk", flat=True))
    on_target = may(user, Action.ASSIGN, target)
    return [
        Assigned(
            assignment=row,
            direct=direct,
            pending=waiting_since is not None and _changed_at(row) > waiting_since,
            readable=row.profile_id in readable,
            removable=direct and on_target and row.profile_id in assignable,
        )
        for row in rows
        for direct in [row.target == target]
    ]


def _layer(row: Assignment, distances: dict[int, int]) -> Layer:
    """The assignment as the rules see it: only its strength is asked for, so without values."""
    rank = RANKS[row.profile.kind, row.device_id is not None]
    distance = distances.get(row.directory_id or 0, 0)
    return Layer(rank, row.profile_id, row.profile.name, {}, {}, distance=distance, place=str(row.target))


def _changed_at(row: Assignment) -> datetime:
    head = row.profile.head
    return max(row.created_at, head.created_at) if head else row.created_at
