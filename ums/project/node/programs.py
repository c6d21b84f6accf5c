"""What the programs of a node have in common: how they start, and how they say that they cannot."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ha import nodefile
from ums.core.errors import AppError
from ums.project.data import default_data_directory
from ums.project.prepare import StartError, data_directory
from ums.project.serving import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ha.nodefile import NodeFile


def program(name: str, run: Callable[[Path, NodeFile], int], *, migrate: bool) -> int:
    """Run a program of the node in the data directory, one of each at a time. Returns its exit code.

    `migrate`: it needs the database, with its schema up to date.
    """
    data = default_data_directory()
    try:
        node = node_of(data)
        with data_directory(data, name):
            load(data, migrate=migrate)
            return run(data, node)
    except (StartError, AppError) as error:
        print(f"ums: {error}", file=sys.stderr, flush=True)
        return 1


def node_of(data: Path) -> NodeFile:
    """What the data directory says about this node. Raises StartError when it says nothing."""
    try:
        node = nodefile.read(data)
    except (OSError, ValueError) as error:
        raise StartError(f"{data / nodefile.NAME} cannot be read: {error}.") from error
    if node is None:
        raise StartError(
            f"{data} is no data directory of a node. Make one with “ums node init” or “ums node join”, "
            "or name another with --data."
        )
    return node
