"""What `ums node init` and `ums node join` share: requirements as a table, and a data directory that is whole or as it
was before.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ha import requirements
from ha.addresses import EVERYWHERE
from ha.nodefile import NAME, NodeFile
from ums.domain.processes import device_port
from ums.project.columns import columns
from ums.project.data import default_data_directory
from ums.project.prepare import StartError, data_directory

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from ha.requirements import Check

STAGING = ".new-node"
HARMLESS = ("lost+found", "ums.lock")
"""What may lie in an empty data directory."""


def node_of(options: argparse.Namespace, data: Path) -> NodeFile:
    """The node as the command line describes it; network and database are not known yet."""
    server, balancer = "server" in options.components, "balancer" in options.components
    address = options.address or (socket.getfqdn() if options.bind in EVERYWHERE else options.bind)
    kept = data / "node.id"
    return NodeFile(
        id=kept.read_text().strip() if kept.exists() else str(uuid.uuid4()),
        network="",
        name=options.name or socket.gethostname(),
        address=address,
        bind=options.bind,
        server=server,
        balancer=balancer,
        web_port=options.web_port,
        device_port=options.device_port or device_port(balancer=balancer),
        balancer_port=options.balancer_port,
        database_url="",
    )


def data_of(options: argparse.Namespace) -> Path:
    """The data directory, absolute."""
    chosen: Path = options.data or default_data_directory()
    return chosen.expanduser().resolve()


def require_installation() -> None:
    """Settings make a key where there is none; a command that only looks must not. Raises StartError."""
    data = default_data_directory()
    if not (data / "secret.key").exists() and "UMS_MASTER_KEY" not in os.environ:
        raise StartError(f"There is no node in {data}. Name its data directory with --data.")


def port_uses(node: NodeFile) -> list[tuple[int, str, str]]:
    """The ports that a node listens on: number, what for, and the option that changes it."""
    uses = [(node.web_port, "console, servers, devices", "--web-port")] if node.server else []
    if node.server and node.device_port != node.web_port:
        uses.append((node.device_port, "devices", "--device-port"))
    if node.balancer:
        uses.append((node.balancer_port, "load balancer", "--balancer-port"))
    return uses


def host_checks(node: NodeFile, data: Path, *, may_hold: Sequence[str] | None = HARMLESS) -> list[Check]:
    """What this host must have."""
    return [
        requirements.memory(server=node.server),
        requirements.disk(data, server=node.server),
        requirements.directory(data, may_hold=may_hold),
        *_port_checks(node.bind, port_uses(node)),
    ]


def _port_checks(bind: str, ports: Sequence[tuple[int, str, str]]) -> Iterator[Check]:
    seen: set[int] = set()
    for number, purpose, option in ports:
        if number in seen:
            advice = f"Choose another with {option}."
            yield requirements.Check(f"Port {number} ({purpose})", "named twice", "one use", False, advice)
        else:
            yield requirements.port(bind, number, purpose, option)
        seen.add(number)


def require_all(checks: Sequence[Check]) -> None:
    """Print the requirements as a table. Raises StartError when one is not met."""
    heads = ["Requirement", "Found", "Needed", ""]
    print(columns(heads, [[c.name, c.found, c.needed, "ok" if c.good else "FAILED"] for c in checks]), flush=True)
    failed = [check for check in checks if not check.good]
    for check in failed:
        print(f"ums: {check.name}: {check.found}; needed: {check.needed}. {check.advice}", file=sys.stderr)
    if failed:
        raise StartError("The host does not meet the requirements. Nothing was written.")


@contextmanager
def staging(data: Path) -> Iterator[Path]:
    """A directory for the files of a new node. They move to `data` at the end, node.toml last; when anything fails,
    `data` is as it was. Raises StartError when it cannot be written or another process uses it.
    """
    existed, locked = data.exists(), (data / "ums.lock").exists()
    with data_directory(data):
        new = data / STAGING
        try:
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir(mode=0o700)
            yield new
            _settle(new, data)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            if not locked:
                (data / "ums.lock").unlink(missing_ok=True)
            if not existed and not any(data.iterdir()):
                data.rmdir()
            raise


def _settle(new: Path, data: Path) -> None:
    """Without node.toml it is no node yet, so it comes last."""
    files = [path for path in new.rglob("*") if path.is_file()]
    for path in sorted(files, key=lambda one: one.name == NAME):
        target = data / path.relative_to(new)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.replace(target)
    shutil.rmtree(new)


def secret_from(file: Path | None, variable: str) -> str:
    """What a file holds, else an environment variable. Raises StartError when the file cannot be read."""
    if file is None:
        return os.environ.get(variable, "").strip()
    try:
        return file.expanduser().read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"{file} cannot be read: {error}.") from error
