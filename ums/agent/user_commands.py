"""`ums agent login`, `passwd`, `logout`, `whoami` and `event`: users of a device, by way of its running agent."""

from __future__ import annotations

import argparse
import getpass
import sys

import msgspec

from ums.domain.protocol import LoginOutcome

from .control import ControlError, Told, Wish, ask
from .greeter import NOBODY

DONE, FAILED, SKIPPED, OUTCOME = 0, 1, 4, 10
"""Exit codes: done; the agent was not reached; no server answers and the device goes on without one; 10 and the number
of the outcome."""

LONGEST = 330.0
"""Seconds: more than a device may be set to wait for a server."""


def run(options: argparse.Namespace) -> int:
    """Do one of them; returns the exit code."""
    try:
        if options.user_command in ("login", "passwd"):
            return _log_in(options)
        if options.user_command == "logout":
            return _show(_ask(options, Wish("logout", shutdown=options.shutdown)), "Logged out.")
        if options.user_command == "event":
            wish = Wish(
                "event",
                options.user,
                options.domain,
                kind=options.kind,
                failed=options.failed,
                ended=options.ended,
            )
            return _show(_ask(options, wish), "Reported.")
        return _whoami(options)
    except ControlError as error:
        print(error, file=sys.stderr)
    except (EOFError, UnicodeDecodeError):
        print("The name or the password is missing, or is not text.", file=sys.stderr)
    return FAILED


def _log_in(options: argparse.Namespace) -> int:
    terminal = sys.stdin.isatty()
    user = options.user or _asked_for_name(options, terminal)
    changing = options.user_command == "passwd"
    password = _secret("Old password: " if changing else "Password: ", terminal)
    new = _secret("New password: ", terminal) if changing else ""
    if changing and terminal and _secret("New password again: ", terminal) != new:
        print("The new passwords are not the same.", file=sys.stderr)
        return FAILED
    told = _ask(options, Wish(options.user_command, user, options.domain, password, new))
    if told.outcome == LoginOutcome.AUTH_OK.name:
        print(f"Logged in as {told.user}.")
        return DONE
    print(f"{told.outcome}: {told.text}" if told.outcome else told.text, file=sys.stderr)
    if told.skip:
        return SKIPPED
    return OUTCOME + LoginOutcome[told.outcome] if told.outcome in LoginOutcome.__members__ else FAILED


def _whoami(options: argparse.Namespace) -> int:
    told = _ask(options, Wish("whoami"))
    if options.json:
        print(msgspec.json.encode(told).decode())
        return DONE
    print(told.user or NOBODY)
    return DONE if told.user else FAILED


def _show(told: Told, done: str) -> int:
    print(told.text or done, file=sys.stderr if told.text else sys.stdout)
    return FAILED if told.text else DONE


def _asked_for_name(options: argparse.Namespace, terminal: bool) -> str:
    if not terminal:
        raise EOFError
    last = _ask(options, Wish("whoami")).last_user
    return input(f"User [{last}]: " if last else "User: ").strip() or last


def _secret(prompt: str, terminal: bool) -> str:
    """From the terminal without an echo, else the next line of stdin, whatever it holds."""
    if terminal:
        return getpass.getpass(prompt)
    line = sys.stdin.buffer.readline()
    if not line:
        raise EOFError
    return line.removesuffix(b"\n").decode()


def _ask(options: argparse.Namespace, wish: Wish) -> Told:
    return ask(options.state, wish, LONGEST)
