"""Shared Workplace as a feature (domain/swp.md §1): off, its tree is hidden and nobody can log in at a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swp.models import Login, Session, UserAssignment
from swp.services.sessions import sessions_end
from ums.features.registry import Declared
from ums.features.selectors import is_enabled
from ums.live.messages import TreeChanged
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from ums.core.actor import Actor

SHARED_WORKPLACE = "shared_workplace"


def _in_use() -> str:
    sessions, assignments = Session.objects.count(), UserAssignment.objects.count()
    if not sessions and not assignments:
        return ""
    users = "1 user is" if sessions == 1 else f"{sessions:,} users are"
    profiles = "1 profile is" if assignments == 1 else f"{assignments:,} profiles are"
    return f"{users} logged in and will be logged out; {profiles} assigned to users, groups or units of a directory."


def _switched(actor: Actor) -> None:
    if not is_enabled(SHARED_WORKPLACE):
        sessions_end(actor=actor, sessions=Session.objects.all(), end=Login.End.ENDED)
    publish_on_commit(TreeChanged())


FEATURE = Declared(
    name=SHARED_WORKPLACE,
    label="Enable Shared Workplace",
    help="Users log in at devices with their account of a linked Active Directory and get the profiles that are "
    "assigned to them. Off: the tree of the users is hidden, those who are logged in are logged out, and nobody "
    "can log in.",
    default=True,
    in_use=_in_use,
    switched=_switched,
)
