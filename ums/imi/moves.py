"""Moving what lies in a tree: `PUT directories/…/{id}?operation=move`, with a result for each object."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ums.core.among import among
from ums.core.errors import AppError
from ums.devices.selectors import device_list
from ums.devices.services import devices_move, directory_move
from ums.imi.calls import number_of, text_of
from ums.imi.errors import ImiError
from ums.imi.trees import DEVICES
from ums.profiles.selectors import profile_any
from ums.profiles.services import profile_move

if TYPE_CHECKING:
    from collections.abc import Callable

    from ums.devices.models import Directory
    from ums.imi.calls import Call
    from ums.imi.trees import Tree

AT_ONCE = 500
"""Devices of one transaction."""

SUCCESSFUL = "successful"
WORDS = {"not_allowed": "access_denied", "invalid": "name_exists"}
"""What a refusal of a service is called in a result; all others have the name that the service gives them."""


def move(tree: Tree, call: Call, number: int) -> list[dict[str, str]]:
    """Move objects into a directory or to the root. 200 also when some could not be moved: `results` says which."""
    wanted = [(text_of(one.get("type")), number_of(one.get("id"))) for one in call.objects()]
    if not wanted:
        raise ImiError("0A012", "IDList is empty.")
    target = tree.directory(call.user, number)
    if target is None:
        raise ImiError("0A002", f"No target directory with ID <{number}>.")
    members = {pk for kind, pk in wanted if kind == tree.member}
    moved = _directories(tree, call, target, {pk for kind, pk in wanted if kind == tree.type})
    moved |= _devices(call, target, members) if tree is DEVICES else _profiles(tree, call, target, members)
    return [{"id": str(pk), "results": moved.get((kind, pk), "does_not_exist")} for kind, pk in wanted]


def _directories(tree: Tree, call: Call, target: Directory, ids: set[int]) -> dict[tuple[str, int], str]:
    rows = tree.directories(call.user).filter(pk__in=among(ids), parent__isnull=False).order_by("pk")
    move_one = partial(directory_move, actor=call.actor, parent=target)
    return {(tree.type, row.pk): _result(partial(move_one, directory=row)) for row in rows}


def _profiles(tree: Tree, call: Call, target: Directory, ids: set[int]) -> dict[tuple[str, int], str]:
    rows = profile_any(user=call.user).filter(pk__in=among(ids), directory__kind=tree.kind).order_by("pk")
    move_one = partial(profile_move, actor=call.actor, directory=target)
    return {(tree.member, row.pk): _result(partial(move_one, profile=row)) for row in rows}


def _devices(call: Call, target: Directory, ids: set[int]) -> dict[tuple[str, int], str]:
    """Many at once; where that is refused, one by one, to learn which of them it is."""
    rows = list(device_list(user=call.user).select_related(None).filter(pk__in=among(ids)).order_by("pk"))
    move_some = partial(devices_move, actor=call.actor, directory=target)
    found: dict[tuple[str, int], str] = {}
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        all_of_them = _result(partial(move_some, devices=some))
        for row in some:
            alone = len(some) == 1 or all_of_them == SUCCESSFUL
            found[DEVICES.member, row.pk] = all_of_them if alone else _result(partial(move_some, devices=[row]))
    return found


def _result(write: Callable[[], Any]) -> str:
    try:
        write()
    except AppError as error:
        return WORDS.get(error.code, error.code)
    return SUCCESSFUL
