"""`ums datasource …`: databases that a node knows, in `datasources.toml`; the one in `node.toml` is used."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import tomli_w

from ha import nodefile, requirements
from ums.core.private import write_private
from ums.project.columns import columns
from ums.project.command import command
from ums.project.node.setup import data_of, require_all, secret_from
from ums.project.prepare import StartError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from ha.nodefile import NodeFile

FILE = "datasources.toml"
FIRST = "default"
"""What the database is called that the node came with."""


@command
def run(options: argparse.Namespace) -> None:
    """One of the actions."""
    data = data_of(options)
    node = nodefile.read(data)
    if node is None:
        raise StartError(f"There is no node in {data}. Name its data directory with --data.")
    known = _known(data, node)
    ACTIONS[options.action](options, data, node, known)


def _list(options: argparse.Namespace, data: Path, node: NodeFile, known: dict[str, str]) -> None:
    rows = [[name, *_shown(url), "active" if url == node.database_url else ""] for name, url in known.items()]
    print(columns(["Name", "Server", "Database", "User", ""], rows))


def _add(options: argparse.Namespace, data: Path, node: NodeFile, known: dict[str, str]) -> None:
    url = secret_from(options.database_file, "UMS_DATABASE_URL")
    if urlsplit(url).scheme not in {"postgres", "postgresql"}:
        raise StartError("Give the address of a PostgreSQL database: --database-file or UMS_DATABASE_URL.")
    if options.name in known:
        raise StartError(f"There is a database “{options.name}” already.")
    write_private(data / FILE, tomli_w.dumps({**known, options.name: url}))
    print(f"“{options.name}” is known. Use it: ums datasource activate {options.name}")


def _test(options: argparse.Namespace, data: Path, node: NodeFile, known: dict[str, str]) -> None:
    require_all(requirements.database(_url_of(options.name, known), joining=False))


def _activate(options: argparse.Namespace, data: Path, node: NodeFile, known: dict[str, str]) -> None:
    url = _url_of(options.name, known)
    require_all(requirements.database(url, joining=False))
    write_private(data / FILE, tomli_w.dumps(known))  # what was used so far can be found again
    nodefile.write(data, replace(node, database_url=url))
    print(f"This node uses “{options.name}” from its next start. All nodes of the network must use the same.")


ACTIONS = {"list": _list, "add": _add, "test": _test, "activate": _activate}


def _known(data: Path, node: NodeFile) -> dict[str, str]:
    try:
        known: dict[str, str] = tomllib.loads((data / FILE).read_text())
    except FileNotFoundError:
        known = {}
    return known if node.database_url in known.values() else {FIRST: node.database_url, **known}


def _url_of(name: str, known: dict[str, str]) -> str:
    if name not in known:
        raise StartError(f"There is no database “{name}”. “ums datasource list” prints them.")
    return known[name]


def _shown(url: str) -> list[str]:
    parts = urlsplit(url)
    return [parts.netloc.rpartition("@")[2] or "embedded", parts.path.removeprefix("/"), parts.username or ""]
