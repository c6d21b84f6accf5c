"""What reaches the users who are logged in: profiles by device, and devices by profile or by directory object.

Sessions and their principals are rows (`swp.models.Session`), so every process sees the same users, and a trial
(`ums.core.trial`) sees what it is about to write. A principal is known by the objectGUID, as the targets of assignments
are: a group counts the same for users of its own domain and of another.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Replace

from swp.models import SessionPrincipal, UserAssignment
from ums.core.among import among
from ums.devices.models import Device
from ums.domain.principals import Principal, PrincipalKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class PrincipalAssignment:
    """A profile on a user, a group or an OU, as it reaches who is logged in (`ums.domain.principals`)."""

    principal: Principal
    profile_id: int


def reached_for_devices(device_ids: Collection[int]) -> dict[int, list[PrincipalAssignment]]:
    """What reaches the users who are logged in at these devices, by device; devices without any are missing.

    One query while nothing reaches anybody, else two, for any number of devices.
    """
    # Both sides without hyphens: one database keeps a GUID so, the other writes it with them.
    assigned = UserAssignment.objects.order_by().annotate(
        hex=Replace(Cast("target__guid", CharField()), Value("-"), Value(""))
    )
    rows = list(
        SessionPrincipal.objects.filter(session__in=among(device_ids))
        .annotate(hex=Replace("key", Value("-"), Value("")))
        .filter(hex__in=assigned.values("hex"))
        .order_by()
        .values_list("session_id", "kind", "key", "name", "distance")
    )
    profiles = _profiles({key for _, _, key, *_ in rows})
    found: dict[int, list[PrincipalAssignment]] = defaultdict(list)
    for device_id, kind, key, name, distance in rows:
        principal = Principal(PrincipalKind(kind), key, name, distance)
        found[device_id].extend(PrincipalAssignment(principal, profile_id) for profile_id in profiles.get(key, ()))
    return dict(found)


def reached_by(principals: Iterable[Principal]) -> list[PrincipalAssignment]:
    """What reaches a user with these principals, wherever it would log in. One query."""
    given = tuple(principals)
    profiles = _profiles({principal.id for principal in given})
    return [
        PrincipalAssignment(principal, profile_id)
        for principal in given
        for profile_id in profiles.get(principal.id, ())
    ]


def devices_of_objects(guids: Iterable[UUID]) -> QuerySet[Device]:
    """The devices at which somebody is logged in whom these directory objects reach: the user, its groups, its OUs."""
    reached = SessionPrincipal.objects.filter(key__in={str(guid) for guid in guids}).order_by()
    return Device.objects.filter(pk__in=reached.values("session_id"))


def devices_of_users_of(profiles: Collection[int]) -> QuerySet[Device]:
    """The devices at which somebody is logged in whom these profiles, named by id, reach."""
    targets = UserAssignment.objects.filter(profile__in=profiles).order_by()
    return devices_of_objects(targets.values_list("target__guid", flat=True))


def _profiles(keys: Collection[str]) -> dict[str, list[int]]:
    """Profiles by the principals that they are assigned to; the keys of roles name no object of a directory."""
    guids = {guid for guid in map(_guid, keys) if guid}
    if not guids:
        return {}
    found: dict[str, list[int]] = defaultdict(list)
    rows = UserAssignment.objects.filter(target__guid__in=guids).order_by("profile_id")
    # The same group may be known by two linked directories: what is assigned to it twice counts once.
    for guid, profile_id in dict.fromkeys(rows.values_list("target__guid", "profile_id")):
        found[str(guid)].append(profile_id)
    return found


def _guid(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None
