"""`node.toml` in the data directory: what a node must know before it can ask the database. Only its owner reads it."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import tomli_w

from ums.core.private import write_private

if TYPE_CHECKING:
    from pathlib import Path

NAME = "node.toml"


@dataclass(frozen=True, slots=True)
class NodeFile:
    """This host's part in the network. `address` is where others reach it, `bind` where it listens."""

    id: str
    network: str
    name: str
    address: str
    bind: str
    server: bool
    balancer: bool
    web_port: int
    device_port: int
    balancer_port: int
    database_url: str
    redis_url: str = ""


def read(data: Path) -> NodeFile | None:
    """The file below `data`; None without one. Raises ValueError when it is no node file, OSError when unreadable."""
    try:
        text = (data / NAME).read_text()
    except FileNotFoundError:
        return None
    try:
        return NodeFile(**tomllib.loads(text))
    except (TypeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{data / NAME} is no node file: {error}") from error


def write(data: Path, node: NodeFile) -> None:
    """Write the file, whole or not at all. Raises OSError."""
    write_private(data / NAME, tomli_w.dumps(asdict(node)))
