"""`ums profiles export|diff|apply`: profiles as files, for version control and pipelines (docs/exchange.md).

Exit codes: 0 done or no difference, 1 `diff` found differences, 2 it could not be done, with a line that says why.
"""

from __future__ import annotations

import getpass
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from ums.project.operator import installation

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from ums.core.actor import Actor
    from ums.profiles.services.applying import Difference

SAME, DIFFERENT, FAILED = 0, 1, 2
_STYLES = {"+": "green", "-": "red", "~": "yellow"}


def export(options: argparse.Namespace) -> int:
    """Write profiles, assignments and template keys into a directory."""
    with _actor(options.user) as actor:
        if actor is None:
            return FAILED
        from ums.core.errors import AppError
        from ums.domain.formats.exchange import Exchange, ExchangeError
        from ums.domain.formats.files import Format, write_file
        from ums.domain.formats.tree import write_tree
        from ums.profiles.services import profiles_tree

        target: Path = options.directory
        try:
            profiles, assignments, templates = profiles_tree(
                actor=actor, names=options.profile, secrets=options.secrets
            )
            if options.format == Format.TOML:
                written = write_tree(target, profiles, assignments, templates)
            else:
                data, suffix = write_file(Format(options.format), Exchange(tuple(profiles)))
                target.mkdir(parents=True, exist_ok=True)
                written = [target / f"profiles{suffix}"]
                written[0].write_bytes(data)
        except (AppError, ExchangeError) as error:
            return _failed(str(error))
        except OSError as error:
            return _failed(f"{target} cannot be written: {error.strerror}")
        _say(
            f"{len(profiles):,} {'profile' if len(profiles) == 1 else 'profiles'} in {len(written):,} files in {target}"
        )
        return SAME


def diff(options: argparse.Namespace) -> int:
    """Print what applying a directory would change."""
    with _actor(options.user) as actor:
        found = _difference(actor, options) if actor else None
        if found is None:
            return FAILED
        _print(found)
        _say(_summary(found, "would change") if found else "No difference.")
        return DIFFERENT if found else SAME


def apply(options: argparse.Namespace) -> int:
    """Make profiles, assignments and template keys as the files of a directory say."""
    with _actor(options.user) as actor:
        found = _difference(actor, options) if actor else None
        if actor is None or found is None:
            return FAILED
        if not found:
            _say("Nothing to do: all is as the files say.")
            return SAME
        _print(found)
        if options.dry_run:
            _say(_summary(found, "would change"))
            return SAME
        if not options.yes and not _confirmed(_summary(found, "will change")):
            return FAILED
        found = _difference(actor, options, store=True)
        if found is None:
            return FAILED
        _say(_summary(found, "changed"))
        return SAME


def _difference(actor: Actor, options: argparse.Namespace, *, store: bool = False) -> list[Difference] | None:
    """What differs, or None and the lines that say what is wrong with the files."""
    from ums.core.errors import AppError
    from ums.domain.formats.exchange import ExchangeError
    from ums.domain.formats.tree import read_tree
    from ums.profiles.services import profiles_apply, profiles_difference

    try:
        tree = read_tree(options.directory)
        run = profiles_apply if store else profiles_difference
        return run(actor=actor, tree=tree, prune=options.prune, create_directories=options.create_directories)
    except ExchangeError as error:
        _failed(str(error))
    except AppError as error:
        if error.code != "tree_invalid":
            _failed(error.message)
        for place, messages in error.fields.items() if error.code == "tree_invalid" else ():
            for message in messages:
                print(f"{place}: {message}", file=sys.stderr)
    return None


@contextmanager
def _actor(username: str) -> Iterator[Actor | None]:
    """Who acts: an administrator, from the account of the operating system that runs the command."""
    with installation(username) as user:
        if user is None:
            yield None
            return
        from ums.core.actor import Actor

        yield Actor.of(user, address=f"command line ({_account()})"[:64])


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _print(found: Sequence[Difference]) -> None:
    """On a terminal in colours; otherwise plain lines of any length."""
    console = Console(highlight=False, soft_wrap=True)
    for one in found:
        console.print(Text(f"{one.sign} {one.words}", style=f"bold {_STYLES[one.sign]}"))
        for line in one.lines:
            console.print(Text(f"    {line}", style=_STYLES.get(line[:1], "")))


def _summary(found: Sequence[Difference], verb: str) -> str:
    counts = [
        (sum(one.sign == sign for one in found), word) for sign, word in (("+", "new"), ("~", "changed"), ("-", "gone"))
    ]
    told = ", ".join(f"{count:,} {word}" for count, word in counts if count)
    return f"{len(found):,} {'thing' if len(found) == 1 else 'things'} {verb}: {told}."


def _confirmed(summary: str) -> bool:
    if not sys.stdin.isatty():
        _failed(f"{summary} Say --yes to apply without being asked.")
        return False
    print(f"{summary} Apply? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() in ("y", "yes"):
        return True
    _failed("Nothing was applied.")
    return False


def _say(line: str) -> None:
    """For people: pipelines read what is printed, and the exit code."""
    print(line, file=sys.stderr)


def _failed(line: str) -> int:
    print(f"ums: {line}", file=sys.stderr)
    return FAILED
