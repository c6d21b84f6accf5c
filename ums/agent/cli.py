"""`ums agent` and `ums simulate`, for the console script of the project."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import re
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from rich.console import Console

from . import facts
from .agent import EnrolmentRefused, Options, run_agent
from .connection import clean_server
from .fleet import Fleet, FleetError
from .identity import Identity, IdentityError, KeyType
from .link import explain
from .measure import render, run_fleet
from .state import State, StateError
from .trust import TrustError, file_context, fingerprint_context, system_context

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

FAILED, REFUSED = 1, 3
"""Exit codes: something is missing or wrong here; the server refuses the device."""

DEFAULT_STATE = Path("/var/lib/ums-agent")

_KEY_HELP = """\
The first-authentication key is read from --key-file (best: a file that only its owner can read), from the environment
variable UMS_KEY, or from --key, where other users of the machine can see it. Once enrolled the key is not needed.
"""


class UsageError(Exception):
    """One line for the person at the keyboard."""


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
        "--unit-id", metavar="ID", help="default: MAC address of the first adapter, else the machine-id"
    )
    parser.add_argument("--name", default="", help="network name to report (default: the host's name)")
    parser.add_argument("--structure-tag", default="", metavar="TAG", help="sorts the device into a directory at first")
    parser.add_argument("--key-type", type=KeyType, choices=list(KeyType), default=KeyType.P256, help="%(default)s")
    parser.add_argument("--allow-power", action="store_true", help="let the server reboot and shut down this machine")
    parser.add_argument("--verbose", action="store_true", help="log more")
    parser.set_defaults(run=lambda options: _run(_agent, options))


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
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when the process that started this ends")
    parser.add_argument("--quiet", action="store_true", help="no live figures")
    parser.set_defaults(run=lambda options: _run(_simulate, options))


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--server", required=True, metavar="URL", help="like https://ums.example.com:8443")
    parser.add_argument("--key-file", type=Path, metavar="FILE", help="file with the first-authentication key")
    parser.add_argument("--key", metavar="KEY", help="the key itself (visible to other users of this machine)")
    trust = parser.add_mutually_exclusive_group()
    trust.add_argument("--ca", type=Path, metavar="FILE", help="trust only the certificates in this PEM file")
    trust.add_argument(
        "--fingerprint", metavar="HEX", help="trust the certificate with this SHA-256 in the server's chain (its root)"
    )


def _run(work: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    try:
        return work(options)
    except (UsageError, StateError, TrustError, IdentityError) as error:
        print(
            f"ums {options.command_name}: {error}" if hasattr(options, "command_name") else str(error), file=sys.stderr
        )
        return FAILED
    except EnrolmentRefused as error:
        print(f"The server refuses this device: {error}", file=sys.stderr)
        return REFUSED


def _agent(options: argparse.Namespace) -> int:
    _log_to_stderr(options.verbose)
    server = _server(options.server)
    state = State(options.state)
    try:
        identity = Identity.load(state.path("identity.pem"))
        enrolled = identity.unit_id if identity else ""
        key = _key(options, needed=not enrolled)
        if not enrolled and not key:
            raise UsageError(
                "This machine is not enrolled yet: give a first-authentication key (--key-file, or UMS_KEY)."
            )
        unit_id = options.unit_id or enrolled or _default_unit_id()
        if not re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", unit_id):
            raise UsageError("A unit id has 1 to 64 letters, digits or . _ : -")
        if enrolled and unit_id != enrolled:
            raise UsageError(f"This state directory belongs to the device {enrolled}. Use another --state.")
        context = _context(options, [server, *state.load_servers()], state.path("server-ca.pem"))
        asyncio.run(
            run_agent(
                Options(
                    server=server,
                    unit_id=unit_id,
                    key=key,
                    name=options.name,
                    structure_tag=options.structure_tag,
                    key_type=options.key_type,
                    hooks=options.hooks,
                    allow_power=options.allow_power,
                ),
                state,
                context,
            )
        )
    finally:
        state.close()
    return 0


def _simulate(options: argparse.Namespace) -> int:
    server = _server(options.server)
    directory = options.state or Path.home() / ".cache" / "ums-fleet"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        fleet = Fleet(
            server,
            _key(options, needed=False),
            options.devices,
            options.seed,
            ramp=options.ramp,
            state=directory,
            context=_context(options, [server], directory / "server-ca.pem"),
            flaky=options.flaky,
        )
        console = None if options.quiet or options.json or not sys.stderr.isatty() else Console(stderr=True)
        report = run_fleet(fleet, options.duration, console, orphan_stops=options.exit_with_parent)
    except FleetError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        raise UsageError(f"The state directory {directory} cannot be used: {error.strerror}.") from error
    if options.json:
        print(json.dumps(report))
    else:
        Console().print(render(report))
    return 0


def _server(url: str) -> str:
    try:
        return clean_server(url)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _key(options: argparse.Namespace, *, needed: bool = True) -> str:
    if options.key_file is None or (not needed and not options.key_file.exists()):
        return str(options.key or os.environ.get("UMS_KEY", ""))
    try:
        key = options.key_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise UsageError(f"The key file {options.key_file} cannot be read: {reason}.") from error
    if not key:
        raise UsageError(f"The key file {options.key_file} is empty.")
    return str(key)


def _context(options: argparse.Namespace, servers: list[str], cache: Path) -> ssl.SSLContext:
    if options.ca is not None:
        return file_context(options.ca)
    if options.fingerprint is None:
        return system_context()
    try:
        return fingerprint_context(options.fingerprint, servers, cache)
    except OSError as error:
        raise UsageError(f"{servers[0]}: {explain(error)}") from error


def _default_unit_id() -> str:
    try:
        return facts.default_unit_id()
    except LookupError as error:
        raise UsageError(f"{error} Give one with --unit-id.") from error


def _log_to_stderr(verbose: bool) -> None:
    """Readable lines at a terminal, one key=value line an event for the journal."""
    terminal = sys.stderr.isatty()
    processors: list[Any] = [structlog.processors.add_log_level]
    if terminal:
        processors += [structlog.processors.TimeStamper("%H:%M:%S", utc=False), structlog.dev.ConsoleRenderer()]
    else:
        processors += [
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["level", "event"], bool_as_flag=False),
        ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


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
