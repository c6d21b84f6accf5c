"""The embedded database in backups: copied by its own backup interface while a server uses it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from threading import Thread
from typing import TYPE_CHECKING

from ums.project.prepare import StartError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BUSY = 30.0
"""Seconds that the database may be locked."""


def dump(path: Path, to: Path, watch: Callable[[], None]) -> None:
    """Write a consistent picture of a database. `watch` is called now and then. Raises StartError."""
    failed: list[sqlite3.Error] = []

    def copy() -> None:
        try:
            with (
                closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=BUSY)) as source,
                closing(sqlite3.connect(to)) as copied,
            ):
                # All at once: in steps it would begin again with each change that another process makes.
                source.backup(copied)
        except sqlite3.Error as error:
            failed.append(error)

    working = Thread(target=copy)
    working.start()
    while working.is_alive():
        working.join(0.2)
        watch()
    if failed:
        raise StartError(f"The database {path} cannot be saved: {failed[0]}.")


def require_sound(path: Path) -> None:
    """Raises StartError for a file that is no database, or a damaged one."""
    try:
        with closing(sqlite3.connect(path)) as database:
            found = database.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        found = str(error)
    if found != "ok":
        raise StartError(f"The database in the backup is damaged: {found}.")
