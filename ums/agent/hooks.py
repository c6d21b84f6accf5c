"""Executables that do on the device what settings and commands mean."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .state import Change

TIMEOUT = 60.0
"""Seconds that one hook may run."""

TOLD = 500
"""Characters of a hook's output that are reported."""

_LONGEST_VARIABLE = 64 * 1024
"""The kernel refuses environment variables above 128 kB."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a hook ended: `ok` and the end of what it printed, or why it did not run."""

    ok: bool
    text: str


def hooks_in(directory: Path) -> list[Path]:
    """The executables of a directory in the order of their names; hidden and backup files do not count."""
    try:
        names = sorted(entry.name for entry in os.scandir(directory))
    except OSError:
        return []
    paths = (directory / name for name in names if not name.startswith(".") and not name.endswith("~"))
    return [path for path in paths if path.is_file() and os.access(path, os.X_OK)]


async def run_apply_hooks(
    directory: Path,
    changed: list[Change],
    environment: dict[str, str],
    timeout: float = TIMEOUT,
    files: Sequence[str] = (),
) -> str:
    """Runs all hooks with the changes as JSON on stdin; returns the errors as text, "" when all went well.

    UMS_CHANGED holds the changed paths, separated by spaces, or "*" when there are too many for a variable; UMS_FILES
    the files that were put at their places or removed, one a line, likewise.
    """
    paths = " ".join(change["path"] for change in changed)
    variables = {
        **environment,
        "UMS_CHANGED": paths if len(paths) <= _LONGEST_VARIABLE else "*",
        "UMS_FILES": "\n".join(files) if sum(map(len, files)) <= _LONGEST_VARIABLE else "*",
    }
    errors = []
    for hook in hooks_in(directory):
        outcome = await run_hook(hook, json.dumps(changed).encode(), variables, timeout)
        if not outcome.ok:
            errors.append(f"{hook.name}: {outcome.text}")
    return "; ".join(errors)[:4096]


async def run_hook(hook: Path, stdin: bytes, environment: dict[str, str], timeout: float = TIMEOUT) -> Outcome:
    """Runs one executable in a session of its own; after `timeout` seconds all its processes are killed.

    Input and output are files, not pipes: a hook may leave a service running without being waited for.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as printed:
        given.write(stdin)
        given.seek(0)
        try:
            if hook.stat().st_mode & stat.S_IWOTH:
                return Outcome(False, "everybody may write to the file, so it is not run")
            process = await asyncio.create_subprocess_exec(
                hook,
                stdin=given,
                stdout=printed,
                stderr=printed,
                env={**os.environ, **environment},
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            return Outcome(False, f"cannot be started: {error.strerror}")
        try:
            status = await asyncio.wait_for(process.wait(), timeout)
        except TimeoutError:
            _kill(process.pid)
            await process.wait()
            return Outcome(False, f"did not end within {timeout:g} seconds")
        except asyncio.CancelledError:
            _kill(process.pid)
            raise
        printed.seek(max(0, printed.seek(0, os.SEEK_END) - 4 * TOLD))
        text = printed.read().decode("utf-8", "replace").strip()[-TOLD:]
    if status == 0:
        return Outcome(True, text)
    ending = f"exit status {status}" if status > 0 else f"killed by signal {-status}"
    return Outcome(False, f"{ending}: {text}" if text else ending)


def _kill(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass
