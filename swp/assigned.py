"""What is assigned to an object of a directory, and what reaches it by others: the right pane of the console."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from swp.models import UserAssignment
from ums.core.access import Action, may, restrict
from ums.domain.effectiveness import Layer
from ums.domain.principals import RANKS, Principal, group_name
from ums.profiles.kinds import counting
from ums.profiles.models import Profile

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Assigned:
    """One line. principal: by what it reaches the object. direct: assigned to the object itself. readable: the user
    may open the profile. removable: the user may take it away here."""

    assignment: UserAssignment
    principal: Principal
    direct: bool
    readable: bool
    removable: bool


def assigned_for_principals(*, user: Any, principals: Sequence[Principal]) -> list[Assigned]:
    """What reaches the first of the principals, the object itself, in the order of effectiveness. Three queries.

    The caller has checked that `user` may browse the directory.
    """
    by_guid = {UUID(one.id): one for one in reversed(principals)}
    rows = UserAssignment.objects.filter(counting("profile__"), target__guid__in=by_guid)
    found = [(row, by_guid[row.target.guid]) for row in rows.select_related("profile", "target__directory")]
    found.sort(key=lambda one: _layer(*one).strength)
    profiles = Profile.objects.filter(pk__in={row.profile_id for row, _ in found}).order_by()
    readable = set(restrict(profiles, user, Action.READ).values_list("pk", flat=True))
    assignable = set(restrict(profiles, user, Action.ASSIGN).values_list("pk", flat=True))
    allowed = may(user, Action.USERS)
    return [
        Assigned(
            row,
            principal,
            direct=principal is principals[0],
            readable=row.profile_id in readable,
            removable=allowed and principal is principals[0] and row.profile_id in assignable,
        )
        for row, principal in found
    ]


def _layer(row: UserAssignment, principal: Principal) -> Layer:
    """The assignment as the rules see it: only its strength is asked for, so without values."""
    return Layer(
        RANKS[row.profile.kind, principal.kind],
        row.profile_id,
        row.profile.name,
        {},
        {},
        distance=principal.distance,
        name=group_name(principal),
        place=principal.place,
    )
