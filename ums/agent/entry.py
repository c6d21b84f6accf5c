"""What `ums agent` and `ums simulate` do with their options."""

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
from typing import Any

import structlog
from rich.console import Console

from . import facts
from .agent import EnrolmentRefused, Options, run_agent
from .connection import clean_server
from .identity import Identity, IdentityError, KeyType
from .link import explain
from .state import State, StateError
from .trust import TrustError, file_context, fingerprint_context, system_context

FAILED, REFUSED = 1, 3
"""Exit codes: something is missing or wrong here; the server refuses the device."""


class UsageError(Exception):
    """One line for the person at the keyboard."""


def agent(options: argparse.Namespace) -> int:
    """Runs an agent; returns the exit code."""
    return _guarded(_agent, options)


def simulate(options: argparse.Namespace) -> int:
    """Runs a simulated fleet; returns the exit code."""
    return _guarded(_simulate, options)


def _guarded(work: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
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
    if options.server is None:
        raise UsageError("Say which server: --server https://ums.example.com:8443")
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
        if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?", unit_id):
            raise UsageError("A unit id has 1 to 64 letters and digits, inside also . _ -")
        if enrolled and unit_id != enrolled:
            raise UsageError(f"This state directory belongs to the device {enrolled}. Use another --state.")
        context = _context(options, [server, *state.load_servers()], state.path("server-ca.pem"))
        asyncio.run(
            run_agent(
                Options(
                    server=server,
                    unit_id=unit_id,
                    key=key,
                    name=options.name[:255],
                    firmware=options.firmware[:255],
                    firmware_version=options.firmware_version[:255],
                    structure_tag=options.structure_tag,
                    key_type=KeyType(options.key_type),
                    hooks=options.hooks,
                    files=options.files,
                    allow_power=options.allow_power,
                    root=options.root,
                ),
                state,
                context,
            )
        )
    finally:
        state.close()
    return 0


def _simulate(options: argparse.Namespace) -> int:
    from .fleet import Fleet, FleetError  # only here: a device needs no simulator
    from .measure import render, run_fleet

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
            restless=options.restless,
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
        processors += [structlog.processors.TimeStamper("%H:%M:%S", utc=False)]
        # Plain: the other formatter shows the values of variables, and some hold passwords.
        processors += [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
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
