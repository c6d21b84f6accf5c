"""Directories of the three trees: read, created, renamed, deleted; moving what is in them is in `ums.imi.moves`."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

from ums.core.errors import AppError
from ums.devices.selectors import device_list
from ums.devices.services import directory_create, directory_delete, directory_update
from ums.imi.calls import number_of, text_of
from ums.imi.errors import ImiError
from ums.imi.moves import move
from ums.imi.profiles import KINDS
from ums.imi.routing import Endpoint
from ums.imi.trees import DEVICES, TREES, link
from ums.profiles.selectors import profile_list

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

    from ums.devices.models import Directory
    from ums.imi.calls import Call
    from ums.imi.trees import Tree

MAX_NAME = 100


def directories(tree: Tree, call: Call) -> list[dict[str, Any]]:
    """All directories, flat. What lies below one that the caller may not browse is at the root, as in the console."""
    rows = list(tree.directories(call.user).order_by("pk").values_list("pk", "name", "parent_id"))
    seen = {pk for pk, _, parent in rows if parent is not None}
    shown = [(pk, name, parent if parent in seen else tree.root) for pk, name, parent in rows if parent is not None]
    children = _children(tree, call, shown) if "children" in call.facets else None
    return [_directory(tree, call, row, children) for row in shown]


def directory(tree: Tree, call: Call, pk: int) -> dict[str, Any]:
    """One directory."""
    row = found(tree, call, pk)
    parent = tree.directory(call.user, row.parent_id or 0)
    shown = (row.pk, row.name, parent.pk if parent else tree.root)
    children = None
    if "children" in call.facets:
        below = tree.directories(call.user).filter(parent=row).values_list("pk", "name", "parent_id")
        children = _children(tree, call, [*below], within=[row.pk])
    return _directory(tree, call, shown, children)


def create(tree: Tree, call: Call) -> dict[str, str]:
    """A new directory, at the top unless the body names a parent."""
    given = call.object()
    name = _name(given)
    number = number_of(given["parentID"]) if given.get("parentID") not in (None, "") else tree.root
    parent = tree.directory(call.user, number)
    if parent is None:
        raise ImiError("0A016", f"Parent with ID <{number}> does not exist.")
    try:
        made = directory_create(actor=call.actor, parent=parent, name=name)
    except AppError as error:
        raise _named_twice(error) from error
    return {
        "message": "Directory successfully inserted.",
        "id": str(made.pk),
        "name": made.name,
        "parentID": str(number),
    }


def change(tree: Tree, call: Call, number: int) -> Any:
    """Another name; with `operation=move` it is where what the body names is moved to."""
    operation = call.query("operation")
    if operation == "move":
        return move(tree, call, number)
    if operation:
        raise ImiError("0A003", f"[{operation[:50]}] is an invalid command.")
    name = _name(call.object())
    try:
        directory_update(actor=call.actor, directory=found(tree, call, number), name=name)
    except AppError as error:
        raise _named_twice(error) from error
    return {"message": "Updated directory successfully."}


def delete(tree: Tree, call: Call, pk: int) -> dict[str, str]:
    """Delete an empty directory."""
    try:
        directory_delete(actor=call.actor, directory=found(tree, call, pk))
    except AppError as error:
        if error.code != "directory_not_empty":
            raise
        raise ImiError("0A006", f"Directory with ID <{pk}> is not empty. Remove content first.") from error
    return {"message": "Deletion successful."}


def found(tree: Tree, call: Call, pk: int) -> Directory:
    """A directory that the caller may browse; a root is none. Raises ImiError 0A002."""
    row = tree.directory(call.user, pk) if pk > 0 else None
    if row is None:
        raise ImiError("0A002", f"Directory with ID <{pk}> not found.")
    return row


def _name(given: dict[str, Any]) -> str:
    name = text_of(given.get("name")).strip()
    if not name:
        raise ImiError("0A013", "No valid property found in body.")
    if len(name) > MAX_NAME:
        raise ImiError("0A013", f"A name has at most {MAX_NAME} characters.")
    return name


def _named_twice(error: AppError) -> AppError | ImiError:
    """What can still be wrong with a name: it is there already."""
    return ImiError("0A008", error.message) if "name" in error.fields else error


def _children(
    tree: Tree, call: Call, rows: Collection[tuple[int, str, int]], *, within: Collection[int] | None = None
) -> dict[int, list[tuple[str, int]]]:
    """What lies directly in each directory, directories first; two queries. `within`: only there."""
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for pk, _, parent in rows:
        found[parent].append((tree.type, pk))
    members: QuerySet[Any] = (
        device_list(user=call.user) if tree is DEVICES else profile_list(user=call.user, kind=KINDS[tree])
    )
    if within is not None:
        members = members.filter(directory__in=within)
    for pk, where in members.order_by("pk").values_list("pk", "directory_id"):
        found[where].append((tree.member, pk))
    return found


def _directory(
    tree: Tree, call: Call, row: tuple[int, str, int], children: dict[int, list[tuple[str, int]]] | None
) -> dict[str, Any]:
    pk, name, parent = row
    links = {tree.type: f"{call.base}/directories/{tree.path}", tree.member: f"{call.base}/{tree.members}"}
    inside = {}
    if children is not None:
        inside["DirectoryChildren"] = [
            {"objectType": kind, "id": str(child), "link": link(kind, f"{links[kind]}/{child}")}
            for kind, child in children.get(pk, ())
        ]
    return {
        **inside,
        "id": str(pk),
        "name": name,
        "parentID": str(parent),
        "movedToBin": False,
        "objectType": tree.type,
        "links": [link("self", tree.href(call.base, pk)), link("Parent", tree.href(call.base, parent))],
    }


ENDPOINTS = tuple(
    endpoint
    for tree in TREES
    for endpoint in (
        Endpoint("GET", f"directories/{tree.path}", partial(directories, tree)),
        Endpoint("GET", f"directories/{tree.path}/{{id}}", partial(directory, tree)),
        Endpoint("PUT", f"directories/{tree.path}", partial(create, tree)),
        Endpoint("PUT", f"directories/{tree.path}/{{id}}", partial(change, tree)),
        Endpoint("DELETE", f"directories/{tree.path}/{{id}}", partial(delete, tree)),
    )
)
