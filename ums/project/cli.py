"""The console script `ums`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ha.watchdog.parent import end_with_supervisor
from ums import __version__
from ums.agent.cli import add_agent_parser, add_simulate_parser
from ums.project.backup.cli import add_backup_parsers
from ums.project.node.cli import add_data, add_node_parser, add_token_parser, use
from ums.project.node.datasource_cli import add_datasource_parser
from ums.project.node.program_cli import add_ping, add_ports, add_programs, add_service, add_start_and_stop

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 good, 1 failed with a line that says why, 2 wrong usage."""
    end_with_supervisor()
    parser = argparse.ArgumentParser(prog="ums", description="Manages fleets of thin-client devices.")
    parser.add_argument("--version", action="version", version=f"UMS {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_up(commands)
    node = add_node_parser(commands)
    add_start_and_stop(node)
    add_ports(node)
    add_ping(node)
    add_token_parser(commands)
    add_datasource_parser(commands)
    add_programs(commands)
    add_service(commands)
    add_backup_parsers(commands)
    _add_api_token(commands)
    _add_reset_password(commands)
    _add_superuser(commands)
    _add_profiles(commands)
    add_agent_parser(commands)
    add_simulate_parser(commands)
    options = parser.parse_args(arguments)
    code: int = options.run(options) or 0
    return code


def _add_up(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "up",
        help="start one server with everything inside",
        description="Start one UMS Server with everything inside: console, API, device connector, task worker and, "
        "unless UMS_DATABASE_URL names another, an embedded database. Ctrl-C ends it.",
    )
    add_data(parser)
    parser.add_argument(
        "--bind",
        metavar="ADDR",
        default=os.environ.get("UMS_BIND", "127.0.0.1"),
        help="address to listen on (UMS_BIND; %(default)s)",
    )
    parser.add_argument(
        "--port",
        metavar="N",
        type=_port,
        default=os.environ.get("UMS_PORT", "8443"),
        help="port to listen on (UMS_PORT; %(default)s)",
    )
    parser.add_argument(
        "--demo",
        metavar="N",
        type=_count,
        default=os.environ.get("UMS_DEMO", "0"),
        help="fill a tenant for trying out, with N simulated devices (UMS_DEMO; %(default)s)",
    )
    parser.set_defaults(run=_up)


def _add_api_token(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "api-token",
        help="print a new token for /api/v1/",
        description="Print a new token for /api/v1/, alone on the last line. "
        "Send it as “Authorization: Token …”. It is shown this once.",
    )
    parser.add_argument("name", help="what it is for, as the list of tokens shows it")
    parser.add_argument("--user", default="admin", help="whose permissions it has (%(default)s)")
    add_data(parser)
    parser.set_defaults(run=_api_token)


def _add_reset_password(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "reset-password",
        help="give an administrator a new random password",
        description="Give an administrator a new random password, print it, and lift a lockout.",
    )
    parser.add_argument("user", nargs="?", default="admin", help="name of the administrator (%(default)s)")
    add_data(parser)
    parser.set_defaults(run=_reset_password)


def _add_superuser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "superuser",
        help="set name and password of the superuser",
        description="Set name and password of the superuser, lift a lock-out, and end the sessions that were open. The "
        "password comes from a file, or from standard input: it is asked for twice on a terminal. Nothing given there "
        "leaves it as it is.",
    )
    parser.add_argument("--name", metavar="N", default="", help="the new name (default: it stays)")
    parser.add_argument("--user", metavar="NAME", default="", help="which superuser, where there are several")
    parser.add_argument("--password-file", metavar="FILE", type=Path, help="file that holds the password")
    add_data(parser)
    parser.set_defaults(run=_superuser)


def _add_profiles(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "profiles",
        help="keep profiles and assignments as files: export, diff, apply",
        description="Keep profiles and their assignments as files, in version control or a pipeline. docs/exchange.md "
        "describes the files.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    export = actions.add_parser(
        "export",
        help="write profiles and assignments into a directory",
        description="Write one file for each profile into DIR/profiles, and DIR/assignments.toml. "
        "Files of the same name are replaced, others stay. Exit code 0: done, 2: not.",
    )
    export.add_argument("--profile", metavar="NAME", nargs="+", default=[], help="only profiles with these names")
    export.add_argument(
        "--format",
        choices=("toml", "ipm", "xml"),
        default="toml",
        help="toml: readable, with assignments; ipm and xml: all profiles in one file (%(default)s)",
    )
    export.add_argument("--secrets", action="store_true", help="with readable passwords instead of dots; is recorded")
    diff = actions.add_parser(
        "diff",
        help="print what applying a directory would change",
        description="Print what applying DIR would change: + new, ~ changed, - gone. Nothing is stored. "
        "Exit code 0: no difference, 1: differences, 2: the files cannot be applied.",
    )
    apply = actions.add_parser(
        "apply",
        help="make profiles and assignments as the files of a directory say",
        description="Make profiles and assignments as the files of DIR say, all together or none, changed profiles as "
        "new revisions. What the files do not name stays, unless --prune is given. "
        "Exit code 0: applied, or nothing to do; 2: not applied, with file and line.",
    )
    apply.add_argument("--yes", action="store_true", help="do not ask; needed where nobody can answer")
    apply.add_argument("--dry-run", action="store_true", help="only print what would change")
    for action, name in ((export, "export"), (diff, "diff"), (apply, "apply")):
        action.add_argument("directory", metavar="DIR", type=Path, help="the directory with the files")
        if action is not export:
            action.add_argument(
                "--prune",
                action="store_true",
                help="also move profiles that no file names to the recycle bin, and remove assignments that are not "
                "named from profiles that are",
            )
            action.add_argument(
                "--create-directories", action="store_true", help="make missing directories of devices, too"
            )
        action.add_argument("--user", default="admin", help="whose permissions it has (%(default)s)")
        add_data(action)
        action.set_defaults(run=_profiles, action=name)


def _up(options: argparse.Namespace) -> int:
    use(options.data)
    from ums.project.up import up

    return up(bind=options.bind, port=options.port, demo=options.demo)


def _api_token(options: argparse.Namespace) -> int:
    use(options.data)
    from ums.project.operator import api_token

    return api_token(name=options.name, username=options.user)


def _reset_password(options: argparse.Namespace) -> int:
    use(options.data)
    from ums.project.operator import reset_password

    return reset_password(username=options.user)


def _superuser(options: argparse.Namespace) -> int:
    use(options.data)
    from ums.project.superuser import superuser

    return superuser(current=options.user, name=options.name, password_file=options.password_file)


def _profiles(options: argparse.Namespace) -> int:
    use(options.data)
    from ums.project import profile_files

    code: int = getattr(profile_files, options.action)(options)
    return code


def _port(text: str) -> int:
    number = _count(text)
    if number > 65_535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return number


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 0")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
