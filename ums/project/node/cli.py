"""The commands `ums node …` and `ums token …`: what they take and what they answer with.

The database's address and other secrets come from files or the environment, so that no process list shows them.
"""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from ha.token import FILE_NAME

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
    _add_init(actions)
    _add_join(actions)
    _add_status(actions)
    return actions


def add_token_parser(commands: Commands) -> None:
    """`ums token`."""
    parser = commands.add_parser(
        "token",
        help="network tokens, by which hosts join: create, list, revoke",
        description="Network tokens, by which hosts join the High Availability network. Used on any of its servers.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    create = actions.add_parser(
        "create",
        help="write a new token file",
        description="Write a new token file. It gives whoever has it the keys of the network: keep it safe, protect it "
        "with a passphrase (UMS_TOKEN_PASSPHRASE or --passphrase-file), let it expire soon.",
    )
    create.add_argument("--out", metavar="FILE", type=Path, default=Path(FILE_NAME), help="the file (%(default)s)")
    _add_days(create)
    create.add_argument("--revoke-others", action="store_true", help="all older tokens stop working at once")
    create.add_argument(
        "--server",
        metavar="HOST:PORT",
        action="append",
        default=[],
        help="where the network is reached, once or several times (default: all servers that it knows)",
    )
    _add_passphrase(create)
    listing = actions.add_parser("list", help="print the tokens", description="Print the tokens, newest first.")
    revoke = actions.add_parser(
        "revoke", help="let a token stop working", description="Let tokens stop working at once and for good."
    )
    which = revoke.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?", type=UUID, help="its number, as “ums token list” prints it")
    which.add_argument("--all", action="store_true", help="all tokens")
    for action, name in ((create, "create"), (listing, "show"), (revoke, "revoke")):
        add_data(action)
        action.set_defaults(run=_token, action=name)


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


def _add_init(actions: Commands) -> None:
    parser = actions.add_parser(
        "init",
        help="make this host the first node of a new network",
        description="Make this host the first node of a new network, and write the network token by which others join. "
        "What the host must have is looked at before anything is written. The database is named by --database-file or "
        "UMS_DATABASE_URL, which no process list shows. Exit code 0: done, 1: not, with the reason.",
    )
    _add_node(parser, [["server"], ["server", "balancer"]], "server,balancer or server")
    parser.add_argument("--database", metavar="URL", default="", help="postgres://user:password@host:5432/name")
    parser.add_argument("--database-file", metavar="FILE", type=Path, help="file that holds the URL of the database")
    parser.add_argument("--redis", metavar="URL", default="", help="redis://… or sentinel://… (UMS_REDIS_URL)")
    parser.add_argument("--redis-file", metavar="FILE", type=Path, help="file that holds the URL of Redis")
    parser.add_argument(
        "--embedded", action="store_true", help="embedded database: one node only, to try things out; nobody can join"
    )
    parser.add_argument("--token-out", metavar="FILE", type=Path, help=f"the token (default: {FILE_NAME} here)")
    _add_days(parser)
    _add_passphrase(parser)
    parser.set_defaults(run=_init)


def _add_join(actions: Commands) -> None:
    parser = actions.add_parser(
        "join",
        help="make this host a further node of a network",
        description="Make this host a further node of the network that the token belongs to. It gets database, keys "
        "and certificate from any server that runs. Exit code 0: joined, 1: not, with the reason, and nothing was "
        "written.",
    )
    components = [["server"], ["balancer"], ["server", "balancer"]]
    _add_node(parser, components, "server,balancer or server or balancer")
    parser.add_argument("--token", metavar="FILE", type=Path, required=True, help=f"the network token, {FILE_NAME}")
    _add_passphrase(parser)
    parser.set_defaults(run=_join)


def _add_node(parser: argparse.ArgumentParser, allowed: list[list[str]], words: str) -> None:
    def components(text: str) -> list[str]:
        chosen = sorted({part.strip() for part in text.split(",")}, reverse=True)
        if chosen not in allowed:
            raise argparse.ArgumentTypeError(f"components are {words}")
        return chosen

    parser.add_argument("--components", metavar="LIST", type=components, required=True, help=words)
    add_data(parser)
    parser.add_argument("--bind", metavar="ADDR", required=True, help="address to listen on")
    parser.add_argument("--address", metavar="HOST", type=_host, help="where others reach it (as --bind)")
    parser.add_argument("--name", metavar="NAME", type=_host, help="name in lists (default: the host's)")
    parser.add_argument(
        "--web-port", metavar="N", type=port_number, default=8443, help="console, devices (%(default)s)"
    )
    parser.add_argument(
        "--device-port", metavar="N", type=port_number, help="devices (30002 beside a load balancer, else 30001)"
    )
    parser.add_argument(
        "--balancer-port", metavar="N", type=port_number, default=30001, help="the load balancer (%(default)s)"
    )


def _add_days(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--days", metavar="N", type=int, default=30, help="how long the token is good for (%(default)s)"
    )


def _add_passphrase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file",
        metavar="FILE",
        type=Path,
        help="file that holds the passphrase of the token (or UMS_TOKEN_PASSPHRASE; default: none)",
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
    from ums.project.node.status import status

    return status(as_json=options.json)


def _init(options: argparse.Namespace) -> int:
    from ums.project.node.init import init

    return init(options)


def _join(options: argparse.Namespace) -> int:
    from ums.project.node.join import join

    return join(options)


def _token(options: argparse.Namespace) -> int:
    use(options.data)
    from ums.project.node import tokens

    code: int = getattr(tokens, options.action)(options)
    return code


def port_number(text: str) -> int:
    """A port as an option. Raises argparse.ArgumentTypeError."""
    if not (text.isdecimal() and 0 < int(text) < 65_536):
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._:-]{1,253}", text):
        raise argparse.ArgumentTypeError(f"“{text}” is no host name and no address")
    return text
