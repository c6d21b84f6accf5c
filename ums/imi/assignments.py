"""What profiles are assigned to, asked and changed from both sides.

A device and a directory have inherited assignments too: each says what it was made on, and `assignmentPosition` which
counts first, 0 being the strongest.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from ums.core.access import Action, require
from ums.core.among import among
from ums.devices.models import Device, Directory
from ums.devices.selectors import device_list
from ums.imi.answers import in_parts
from ums.imi.calls import number_of, text_of
from ums.imi.devices import found as device_found
from ums.imi.errors import ImiError
from ums.imi.merging import AT_ONCE
from ums.imi.profiles import KINDS, living
from ums.imi.profiles import found as profile_found
from ums.imi.routing import Endpoint
from ums.imi.trees import DEVICES, link
from ums.profiles.assigned import assigned_for_device, assigned_for_directory
from ums.profiles.models import Assignment, Profile
from ums.profiles.selectors import assignment_list, profile_any
from ums.profiles.services import profiles_assign, profiles_unassign

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from django.http import StreamingHttpResponse

    from ums.imi.calls import Call
    from ums.imi.trees import Tree

ASSIGNEES = {tree.member: KINDS[tree] for tree in KINDS}
"""Kind of a profile by the type of its ApiObject."""
TREE_OF = {kind: tree for tree, kind in KINDS.items()}
WORDS = {DEVICES.member: "thinclient", DEVICES.type: "thinclient directory"}
SHOWN = ("profile__kind", "device__id", "directory__parent")
"""Columns that are shown of an assignment, beside its own ids."""
PATHS = {DEVICES.member: "thinclients", DEVICES.type: "tcdirectories"}


def of_device(call: Call, pk: int) -> list[dict[str, Any]]:
    """What is assigned to a device and to the directories above it, strongest first."""
    lines = assigned_for_device(user=call.user, device=device_found(call, pk))
    return list(_shown(call, [line.assignment for line in lines]))


def of_directory(call: Call, number: int) -> list[dict[str, Any]]:
    """What is assigned to a directory and to those above it, in the order in which it counts in it."""
    lines = assigned_for_directory(user=call.user, directory=_directory(call, number))
    return list(_shown(call, [line.assignment for line in lines]))


def receivers(tree: Tree, kind: str, call: Call, pk: int) -> StreamingHttpResponse:
    """The devices or directories that a profile itself is assigned to: maybe as many as there are."""
    wanted = Q(device__isnull=False) if kind == DEVICES.member else Q(directory__isnull=False)
    rows = assignment_list(user=call.user).filter(wanted, profile=profile_found(tree, call, pk)).only(*SHOWN)
    return in_parts(call.request, _shown(call, rows.order_by("pk").iterator(AT_ONCE)))


def assign_to(tree: Tree, kind: str, call: Call, pk: int) -> dict[str, str]:
    """Assign a profile to the devices, or to the directories, that the body names."""
    pairs = _pairs(call)
    profile = living(tree, call, pk)
    if any(assignee != (tree.member, pk) for assignee, _ in pairs):
        raise ImiError("0A021", f"Invalid assignment: the assignee is not <{pk}>.")
    targets = _receivers(call, kind, [receiver for _, receiver in pairs])
    profiles_assign(actor=call.actor, profiles=[profile], targets=targets)
    return _assigned(pairs, kind, pk)


def assign_profiles(kind: str, call: Call, number: int) -> dict[str, str]:
    """Assign the profiles that the body names to one device, or to one directory."""
    pairs = _pairs(call)
    target = device_found(call, number) if kind == DEVICES.member else _directory(call, number)
    if any(receiver != (kind, number) for _, receiver in pairs):
        raise ImiError("0A019", f"Invalid assignment receiver: it is not <{number}>.")
    profiles_assign(actor=call.actor, profiles=_assignees(call, [one for one, _ in pairs]), targets=[target])
    return _assigned(pairs, kind, number)


def unassign(tree: Tree, kind: str, call: Call, pk: int, number: int) -> dict[str, str]:
    """Take one assignment away."""
    profile = profile_found(tree, call, pk)
    target = _receivers(call, kind, [(kind, number)])[0]
    on = Q(device=target) if isinstance(target, Device) else Q(directory=target)
    rows = list(assignment_list(user=call.user).filter(on, profile=profile))
    if not rows:
        raise ImiError("0A021", f"Invalid assignment: <{pk}> is not assigned to <{number}>.")
    profiles_unassign(actor=call.actor, assignments=rows)
    return {"message": "deleted profile assignment"}


def _directory(call: Call, number: int) -> Directory:
    """A directory, also the root. Raises ImiError 0A002 when it may not even be browsed, NotAllowed."""
    row = DEVICES.directory(call.user, number)
    if row is None:
        raise ImiError("0A002", f"Directory with ID <{number}> not found.")
    require(call.user, Action.READ, row)
    return row


Pair = tuple[tuple[str, int], tuple[str, int]]
"""(type, number) of an assignee and of a receiver."""


def _pairs(call: Call) -> list[Pair]:
    """The body. Raises ImiError 0A012 for none, 0A021 and 0A019 for what is no assignee or receiver."""
    pairs = [(_api_object(one, "assignee", "0A021"), _api_object(one, "receiver", "0A019")) for one in call.objects()]
    if not pairs:
        raise ImiError("0A012", "IDList is empty.")
    return pairs


def _api_object(one: dict[str, Any], side: str, code: str) -> tuple[str, int]:
    given, known = one.get(side), ASSIGNEES if side == "assignee" else WORDS
    if not isinstance(given, dict) or text_of(given.get("type")) not in known:
        raise ImiError(code, f"Invalid assignment {side}: type and id of one of {', '.join(known)} are expected.")
    return str(given["type"]), number_of(given.get("id"))


def _receivers(call: Call, kind: str, wanted: Collection[tuple[str, int]]) -> list[Device | Directory]:
    """The devices or directories themselves. Raises ImiError 0A019 that names the first which is none."""
    if other := next((given for given, _ in wanted if given != kind), None):
        raise ImiError("0A019", f"Invalid assignment receiver: {kind} is expected, not {other}.")
    numbers = {number for _, number in wanted}
    there: dict[int, Device | Directory]
    if kind == DEVICES.member:
        there = {row.pk: row for row in device_list(user=call.user).filter(pk__in=among(numbers))}
    else:
        rows = DEVICES.directories(call.user)
        there = {row.pk: row for row in rows.filter(pk__in=among(numbers), parent__isnull=False)}
        if DEVICES.root in numbers and (root := rows.filter(parent=None).first()):
            there[DEVICES.root] = root
    if (missing := next((number for _, number in wanted if number not in there), None)) is not None:
        raise ImiError("0A019", f"Invalid assignment receiver <{missing}>.")
    return list(there.values())


def _assignees(call: Call, wanted: Collection[tuple[str, int]]) -> list[Profile]:
    rows = profile_any(user=call.user).filter(pk__in=among({pk for _, pk in wanted}))
    there = {(row.kind, row.pk): row for row in rows}
    for kind, pk in wanted:
        row = there.get((ASSIGNEES[kind], pk))
        if row is None:
            raise ImiError("0A021", f"Invalid assignment: there is no {kind} <{pk}>.")
        if row.deleted_at is not None:
            raise ImiError("0A022", f"Profile with ID <{pk}> is in the recycle bin.")
    return list({row.pk: row for row in there.values()}.values())


def _assigned(pairs: Collection[Pair], kind: str, number: int) -> dict[str, str]:
    """With three s, as clients know it; the number is that of the address."""
    return {"message": f"{len(pairs)} asssignments successfully assigned to {WORDS[kind]} <{number}>"}


def _shown(call: Call, rows: Iterable[Assignment]) -> Iterator[dict[str, Any]]:
    """Those of profiles and priority profiles: IMI has no words for the other kinds."""
    known = (row for row in rows if row.profile.kind in TREE_OF)
    return (_assignment(call, row, position) for position, row in enumerate(known))


def _assignment(call: Call, row: Assignment, position: int) -> dict[str, Any]:
    tree, target = TREE_OF[row.profile.kind], row.target
    if isinstance(target, Device):
        kind, number = DEVICES.member, str(target.pk)
        receiver = f"{call.base}/{DEVICES.members}/{number}"
    else:
        kind, number = DEVICES.type, DEVICES.numbered(target)
        receiver = DEVICES.href(call.base, number)
    assigned = f"{call.base}/{tree.members}/{row.profile_id}"
    return {
        "assignee": {"id": str(row.profile_id), "type": tree.member},
        "receiver": {"id": number, "type": kind},
        "assignmentPosition": position,
        "links": [
            link("assigned", assigned),
            link("receiver", receiver),
            link("self", f"{assigned}/assignments/{PATHS[kind]}/{number}"),
        ],
    }


ENDPOINTS = (
    Endpoint("GET", "thinclients/{id}/assignments/profiles", of_device),
    Endpoint("PUT", "thinclients/{id}/assignments/profiles", partial(assign_profiles, DEVICES.member)),
    Endpoint("GET", "directories/tcdirectories/{id}/assignments/profiles", of_directory),
    Endpoint("PUT", "directories/tcdirectories/{id}/assignments/profiles", partial(assign_profiles, DEVICES.type)),
    *(
        endpoint
        for tree in KINDS
        for kind, path in PATHS.items()
        for endpoint in (
            Endpoint("GET", f"{tree.members}/{{id}}/assignments/{path}", partial(receivers, tree, kind)),
            Endpoint("PUT", f"{tree.members}/{{id}}/assignments/{path}", partial(assign_to, tree, kind)),
            Endpoint("DELETE", f"{tree.members}/{{id}}/assignments/{path}/{{receiver}}", partial(unassign, tree, kind)),
        )
    ),
)
