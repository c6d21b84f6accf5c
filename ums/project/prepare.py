"""What happens before a server serves: each step is quick when it has been done, and a failure is one clear line."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
import sqlite3
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

PASSWORD_FILE = "admin-password"
SUPERUSER = "admin"

MIGRATION_LOCK = 0x554D53
"""Number of the advisory lock that who changes the schema of a PostgreSQL database holds."""


class StartError(Exception):
    """The server cannot start. The message is one line that says what is wrong and what to do."""


@contextmanager
def data_directory(path: Path, program: str = "ums") -> Iterator[None]:
    """Create the data directory if needed and hold it: one server on each, and one of each other program of a node.

    The file `<program>.lock` names the process that holds it. Raises StartError.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(path / f"{program}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StartError(
            f"The data directory {path} cannot be written: {error.strerror}. Choose another with --data."
        ) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 32, 0).decode(errors="replace").strip() or "unknown"
            raise StartError(
                f"UMS runs already on the data directory {path} (process {holder}). "
                "Stop it, or choose another with --data."
            ) from None
        with suppress(OSError):  # only for the words of who comes second; a full disk must not keep a node down
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(lock)


def listening_socket(bind: str, port: int) -> socket.socket:
    """The socket that the server listens on. Raises StartError."""
    try:
        family, _, _, _, address = socket.getaddrinfo(bind, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise StartError(
            f"“{bind}” is no address of this machine: {error.strerror}. Choose one with --bind."
        ) from error
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(2048)
    except OSError as error:
        listening.close()
        raise StartError(
            f"Port {port} on {bind} cannot be used: {error.strerror}. Choose another with --port or --bind."
        ) from error
    listening.set_inheritable(True)
    return listening


def database() -> None:
    """Check the database and bring its schema up to date. Raises StartError."""
    import psycopg
    from django.core.management import call_command
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        if connection.vendor == "postgresql":
            # The pool would try for a long time; whoever starts a server wants to know now.
            psycopg.connect(**connection.get_connection_params()).close()
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        known = executor.loader.disk_migrations
        ours = {app for app, _ in known}
        newer = [key for key in executor.loader.applied_migrations if key[0] in ours and key not in known]
        if newer:
            raise StartError(
                f"The database was used by a newer version of UMS (it has {'.'.join(newer[0])}). "
                "Start that version, or restore a backup from before the update."
            )
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            with _alone(connection):
                call_command("migrate", verbosity=0, interactive=False)
    except (DatabaseError, sqlite3.DatabaseError, psycopg.Error) as error:
        what = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        name = _database_name(connection)
        raise StartError(f"The database {name} cannot be used: {what}. {_advice(what)}") from error


@contextmanager
def _alone(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Processes that start at once change the schema one after the other; the later ones find nothing to do."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", (MIGRATION_LOCK,))


def _database_name(connection: BaseDatabaseWrapper) -> str:
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return str(settings["NAME"])
    return f"“{settings['NAME']}” on {settings['HOST'] or 'localhost'}:{settings['PORT'] or 5432}"


def _advice(what: str) -> str:
    if "not a database" in what or "malformed" in what:
        return "The file is damaged: restore a backup of it."
    if "locked" in what:
        return "Another program holds it."
    return "Check UMS_DATABASE_URL and that the server runs."


def superuser(data: Path) -> str | None:
    """Make the superuser on the first start. Returns the random password to print once; None when nothing is to tell.

    `UMS_SUPERUSER_PASSWORD` gives the password instead, on the first start only.
    """
    from ums.accounts.models import User
    from ums.accounts.services import user_create
    from ums.core.actor import SYSTEM
    from ums.core.private import write_private

    if User.objects.filter(is_superuser=True).exists():
        return None
    chosen = os.environ.get("UMS_SUPERUSER_PASSWORD")
    password = chosen or secrets.token_urlsafe(15)
    if not chosen:
        # The file first: if the process dies now, the next start finds no superuser and writes another one.
        write_private(data / PASSWORD_FILE, password + "\n")
    user_create(actor=SYSTEM, username=SUPERUSER, password=password, is_superuser=True)
    return None if chosen else password
