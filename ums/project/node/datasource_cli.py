"""The commands `ums datasource …`: which database a node uses."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ums.project.node.cli import add_data

if TYPE_CHECKING:
    import argparse

    from ums.project.node.cli import Commands


def add_datasource_parser(commands: Commands) -> None:
    """`ums datasource`."""
    parser = commands.add_parser(
        "datasource",
        help="databases that a node knows: list, add, test, activate",
        description="Databases that a node knows, and the one that it uses. All nodes of a network use the same.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, what in {
        "list": "print the databases that this node knows, without their passwords",
        "add": "remember a database under a name; its address comes from a file or UMS_DATABASE_URL",
        "test": "look whether a database can carry a network",
        "activate": "test a database, and use it from the next start of this node",
    }.items():
        action = actions.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
        if name != "list":
            action.add_argument("name", metavar="NAME", type=_name, help="the name of the database here")
        if name == "add":
            action.add_argument("--database-file", metavar="FILE", type=Path, help="file that holds its URL")
        add_data(action)
        action.set_defaults(run=_run, action=name)


def _run(options: argparse.Namespace) -> int:
    code: int = import_module("ums.project.node.datasource").run(options)
    return code


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", text):
        raise ArgumentTypeError("a name is made of letters, digits, dots, hyphens and underscores")
    return text
