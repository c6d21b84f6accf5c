"""The options of `ums agent` and `ums simulate`, for the console script of the project.

The work is imported only when it is asked for: the other commands of the script start without waiting for it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from . import FIRMWARE, FIRMWARE_VERSION

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

DEFAULT_STATE = Path("/var/lib/ums-agent")

_KEY_HELP = """\
The first-authentication key is read from --key-file (best: a file that only its owner can read), from the environment
variable UMS_KEY, or from --key, where other users of the machine can see it. Once enrolled the key is not needed.
"""


def add_agent_parser(subparsers: Subparsers) -> None:
    """Adds `agent`; the chosen parser's `run` default takes the arguments and gives the exit code."""
    parser = subparsers.add_parser(
        "agent",
        help="make this machine a device that a server manages",
        description="Enrols this machine, keeps it connected, writes its settings to the state directory and runs "
        "the hooks in apply.d/ with what changed. Runs until it is stopped.",
        epilog=_KEY_HELP + "\nExit codes: 0 stopped, 1 something is missing or wrong here, 2 wrong options, "
        "3 the server refuses this device.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    # Not needed for what users do.
    parser.add_argument("--server", metavar="URL", help="like https://ums.example.com:8443")
    _add_common(parser)
    parser.add_argument(
        "--state",
        type=Path,
        default=DEFAULT_STATE,
        metavar="DIR",
        help="state directory: identity, settings.json, local.json (default: %(default)s)",
    )
    parser.add_argument(
        "--hooks",
        type=Path,
        metavar="DIR",
        help="directory with apply.d/ and commands.d/ (default: the state directory)",
    )
    parser.add_argument(
        "--files",
        type=Path,
        metavar="DIR",
        help="put files of the server below this directory (default: / as root, else files/ in the state directory)",
    )
    parser.add_argument(
        "--unit-id", metavar="ID", help="default: MAC address of the first adapter, else the machine-id"
    )
    parser.add_argument("--name", default="", help="network name to report (default: the host's name)")
    parser.add_argument(
        "--firmware", default=FIRMWARE, metavar="NAME", help="parameter catalogue of this device (%(default)s)"
    )
    parser.add_argument(
        "--firmware-version", default=FIRMWARE_VERSION, metavar="V", help="and its version (%(default)s)"
    )
    parser.add_argument("--structure-tag", default="", metavar="TAG", help="sorts the device into a directory at first")
    parser.add_argument("--key-type", choices=("p256", "rsa"), default="p256", help="default: %(default)s")
    parser.add_argument("--allow-power", action="store_true", help="let the server reboot and shut down this machine")
    parser.add_argument(
        "--root", type=Path, default=Path("/"), metavar="DIR", help="look for peripherals in the sysfs below it (/)"
    )
    parser.add_argument("--verbose", action="store_true", help="log more")
    parser.set_defaults(run=_agent)
    _add_user_parsers(parser)


def add_simulate_parser(subparsers: Subparsers) -> None:
    """Adds `simulate`, likewise."""
    parser = subparsers.add_parser(
        "simulate",
        help="simulate many devices in one process",
        description="Enrols and connects many simulated thin clients of several hardware types over the real "
        "protocol, and measures. The same --seed and --state are the same devices again.",
        epilog=_KEY_HELP + "The key must be a mass-deployment key, or one-time with enough uses.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--server", required=True, metavar="URL", help="like https://ums.example.com:8443")
    _add_common(parser)
    parser.add_argument("--devices", type=_positive, default=25, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("--ramp", type=_seconds, default=5.0, metavar="S", help="seconds over which they connect (5)")
    parser.add_argument("--seed", type=int, default=1, metavar="X", help="which fleet (default: %(default)s)")
    parser.add_argument("--duration", type=_seconds, metavar="S", help="stop after S seconds (default: run on)")
    parser.add_argument("--state", type=Path, metavar="DIR", help="keep identities here (default: ~/.cache/ums-fleet)")
    parser.add_argument(
        "--flaky",
        type=_probability,
        default=0.0,
        metavar="P",
        help="chance that a device drops its connection, each minute",
    )
    parser.add_argument(
        "--restless",
        type=_probability,
        default=0.0,
        metavar="P",
        help="chance that somebody plugs a memory stick in at a device, or takes one away, each minute",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when the process that started this ends")
    parser.add_argument("--quiet", action="store_true", help="no live figures")
    parser.set_defaults(run=_simulate)


def _add_user_parsers(parser: argparse.ArgumentParser) -> None:
    """Adds what users of the device do: `login`, `logout`, `passwd`, `whoami`, `event`."""
    users = parser.add_subparsers(
        title="users", metavar="COMMAND", description="Speak with the agent that runs with the same --state."
    )
    for name, words in (
        ("login", "log in with an account of a linked directory; the password is asked for, or read from stdin"),
        ("passwd", "set a new password in place of the old one, and log in with it; both are asked for, or read"),
    ):
        one = _user_parser(users, name, words)
        one.add_argument("--user", metavar="NAME", help="name, DOMAIN\\name or name@domain (default: asked for)")
        one.add_argument("--domain", default="", metavar="DOMAIN", help="domain of a name that says none")
    _user_parser(users, "logout", "log out").add_argument(
        "--shutdown", action="store_true", help="because the machine shuts down"
    )
    _user_parser(users, "whoami", "who is logged in").add_argument("--json", action="store_true", help="for programs")
    event = _user_parser(users, "event", "report that somebody logged in or out without the server")
    event.add_argument("--user", required=True, metavar="NAME")
    event.add_argument("--domain", default="", metavar="DOMAIN")
    event.add_argument("--kind", choices=("kerberos", "citrix", "unknown"), default="unknown")
    event.add_argument("--failed", action="store_true", help="the login failed")
    event.add_argument("--ended", action="store_true", help="the user logged out")


def _user_parser(users: Subparsers, name: str, words: str) -> argparse.ArgumentParser:
    parser = users.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
    parser.add_argument(
        "--state", type=Path, default=argparse.SUPPRESS, metavar="DIR", help=f"of the agent ({DEFAULT_STATE})"
    )
    parser.set_defaults(run=_user, user_command=name)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--key-file", type=Path, metavar="FILE", help="file with the first-authentication key")
    parser.add_argument("--key", metavar="KEY", help="the key itself (visible to other users of this machine)")
    trust = parser.add_mutually_exclusive_group()
    trust.add_argument("--ca", type=Path, metavar="FILE", help="trust only the certificates in this PEM file")
    trust.add_argument(
        "--fingerprint", metavar="HEX", help="trust the certificate with this SHA-256 in the server's chain (its root)"
    )


def _agent(options: argparse.Namespace) -> int:
    from .entry import agent

    return agent(options)


def _user(options: argparse.Namespace) -> int:
    from .user_commands import run

    return run(options)


def _simulate(options: argparse.Namespace) -> int:
    from .entry import simulate

    return simulate(options)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 <= number < 10**9:
        raise argparse.ArgumentTypeError("seconds, 0 or more")
    return number


def _probability(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError("between 0 and 1")
    return number
