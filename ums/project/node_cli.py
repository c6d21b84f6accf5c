"""The commands `ums node …` and `ums token …`: what they take and what they answer with.

The database's address and other secrets come from files or the environment, so that no process list shows them.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_node_parser(commands: Commands) -> Commands:
    """`ums node`; returns its actions, for those who bring more of them."""
    parser = commands.add_parser(
        "node",
        help="a node of a High Availability network: init, join, start, stop, status",
        description="A node of a High Availability network. docs/cluster.md tells its life, step by step.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _add_status(actions)
    return actions


def use(data: Path | None) -> None:
    """The settings read the environment when they are loaded: this comes before."""
    if data is not None:
        os.environ["UMS_DATA"] = str(data.expanduser().resolve())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ums.project.settings")


def add_data(parser: argparse.ArgumentParser) -> None:
    """The option `--data`."""
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        default=None,
        help="data directory (UMS_DATA; default: $XDG_DATA_HOME/ums or ~/.local/share/ums)",
    )


def _add_status(actions: Commands) -> None:
    parser = actions.add_parser(
        "status",
        help="print the nodes of the network and their processes",
        description="Print the nodes of the network and their processes, as any node's database has them. "
        "Exit code 0: all that should run is running, 1: something is not, or the database cannot be asked.",
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    add_data(parser)
    parser.set_defaults(run=_status)


def _status(options: argparse.Namespace) -> int:
    use(options.data)
    from ums.project.node_status import status

    return status(as_json=options.json)
