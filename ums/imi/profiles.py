"""Profiles and priority profiles: read, renamed and deleted. Their settings are no matter of IMI."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ums.core.access import Action, require
from ums.imi.calls import text_of
from ums.imi.errors import ImiError
from ums.imi.routing import Endpoint
from ums.imi.trees import PRIORITY_PROFILES, PROFILES, link
from ums.profiles.models import Profile, ProfileKind
from ums.profiles.selectors import profile_any
from ums.profiles.services import profile_delete_for_good, profile_update

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from ums.imi.calls import Call
    from ums.imi.trees import Tree

KINDS = {PROFILES: ProfileKind.STANDARD.value, PRIORITY_PROFILES: ProfileKind.PRIORITY.value}


def profile_list(tree: Tree, call: Call) -> list[dict[str, Any]]:
    """All profiles of a kind, also those in the recycle bin."""
    root = tree.root_key()
    return [_profile(tree, call, row, root) for row in _profiles(tree, call).order_by("pk")]


def profile_get(tree: Tree, call: Call, pk: int) -> dict[str, Any]:
    """One profile, also one in the recycle bin."""
    return _profile(tree, call, found(tree, call, pk), tree.root_key())


def profile_rename(tree: Tree, call: Call, pk: int) -> dict[str, str]:
    """Give a profile another name."""
    given = call.object()
    profile = living(tree, call, pk)
    if not (name := text_of(given.get("name")).strip()):
        raise ImiError("0A013", "No valid property found in body.")
    profile_update(actor=call.actor, profile=profile, name=name, description=profile.description)
    return {"message": "Update successful"}


def profile_delete(tree: Tree, call: Call, pk: int) -> dict[str, str]:
    """Delete a profile for good: IMI never moves anything to the recycle bin."""
    profile_delete_for_good(actor=call.actor, profile=living(tree, call, pk))
    return {"message": f"Deleted profile with id {pk}"}


def found(tree: Tree, call: Call, pk: int) -> Profile:
    """A profile that the caller may read. Raises ImiError 0A001 when it may not even be browsed, NotAllowed."""
    row = _profiles(tree, call, Action.BROWSE).filter(pk=pk).first()
    if row is None:
        raise ImiError("0A001", f"Profile with ID <{pk}> not found.")
    require(call.user, Action.READ, row)
    return row


def living(tree: Tree, call: Call, pk: int) -> Profile:
    """The same, for what may be done with it. Raises also 0A022."""
    row = found(tree, call, pk)
    if row.deleted_at is not None:
        raise ImiError("0A022", f"Profile with ID <{pk}> is in the recycle bin.")
    return row


def _profiles(tree: Tree, call: Call, action: str = Action.READ) -> QuerySet[Profile]:
    return (
        profile_any(user=call.user, action=action)
        .filter(kind=KINDS[tree])
        .defer("based_on__definition", "head__content")
    )


def _profile(tree: Tree, call: Call, row: Profile, root: int) -> dict[str, Any]:
    parent = str(tree.root if row.directory_id == root else row.directory_id)
    return {
        "firmwareID": str(row.based_on_id),
        "isMasterProfile": tree is PRIORITY_PROFILES,
        "overridesSessions": row.head is not None and row.head.overwrite_sessions,
        "id": str(row.pk),
        "name": row.name,
        "parentID": parent,
        "movedToBin": row.deleted_at is not None,
        "objectType": tree.member,
        "links": [
            link("self", f"{call.base}/{tree.members}/{row.pk}"),
            link("Parent", tree.href(call.base, parent)),
            link("Firmware", f"{call.base}/firmwares/{row.based_on_id}"),
        ],
    }


ENDPOINTS = tuple(
    endpoint
    for tree in KINDS
    for endpoint in (
        Endpoint("GET", tree.members, partial(profile_list, tree)),
        Endpoint("GET", f"{tree.members}/{{id}}", partial(profile_get, tree)),
        Endpoint("PUT", f"{tree.members}/{{id}}", partial(profile_rename, tree)),
        Endpoint("DELETE", f"{tree.members}/{{id}}", partial(profile_delete, tree)),
    )
)
