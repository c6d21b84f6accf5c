"""Backups by PostgreSQL's own tools: pg_dump, pg_restore, and a scratch database that takes the place of another."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, LiteralString
from urllib.parse import urlsplit

import psycopg
from psycopg import conninfo, sql

from ums.domain.processes import LOST_AFTER
from ums.project.prepare import StartError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


TIMEOUT = 10
"""Seconds for a connection."""

NOTHING_OF_OTHERS = ("--no-owner", "--no-privileges", "--no-comments")
"""What belongs to another user could not be restored by who restores."""

CREATE = "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'"
EMPTY = "SELECT NOT EXISTS (SELECT FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema'))"
RUNNING = (
    "SELECT epr_process_type, epr_process_host FROM epr_processes"
    " WHERE epr_service_status IN ('SERVICE_STARTING', 'SERVICE_RUNNING', 'SERVICE_STOPPING')"
    " AND epr_timestamp > clock_timestamp() - make_interval(secs => %s) ORDER BY 2, 1"
)


def dump(url: str, to: Path, watch: Callable[[], None]) -> None:
    """Write a consistent picture of a database, which may be in use, in the custom format. `watch` is called now and
    then. Raises StartError with the words of pg_dump."""
    _run("pg_dump", ["--format=custom", *NOTHING_OF_OTHERS, f"--file={to}"], url, watch)


class Target:
    """The database that is restored. Raises StartError when it cannot be used, also later on."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.name = urlsplit(url).path.removeprefix("/")
        self.empty = bool(self._ask(url, EMPTY)[0][0])

    def running(self) -> list[str]:
        """Processes of the network that use it."""
        try:
            rows = self._ask(self._url, RUNNING, (LOST_AFTER,))
        except _NoTable:
            return []
        return [f"{kind} on {host}" for kind, host in rows]

    @contextmanager
    def loaded(self, dumped: Path, watch: Callable[[], None]) -> Iterator[str]:
        """The address of a database with what was dumped: the target itself when it is empty, else a new one beside it.
        Left by an exception, the target is as it was."""
        if self.empty:
            try:
                _load(self._url, dumped, watch)
                yield self._url
            except BaseException:
                self._make_empty()
                raise
            return
        scratch = f"{self.name}_restore_{secrets.token_hex(4)}"
        try:
            self._ask(self._url, sql.SQL(CREATE).format(sql.Identifier(scratch)))
        except StartError as error:
            raise StartError(
                f"{error} Beside the database “{self.name}” a new one is needed: let the user create databases "
                "(ALTER ROLE … CREATEDB), or name an empty database with --database-file."
            ) from error
        try:
            address = urlsplit(self._url)._replace(path=f"/{scratch}").geturl()
            _load(address, dumped, watch)
            yield address
            self._swap(scratch)
        except BaseException:
            self._ask(self._elsewhere, sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(scratch)))
            raise

    def _swap(self, scratch: str) -> None:
        """Both names change at once."""
        kept = f"{self.name}_before_{datetime.now(UTC):%Y%m%d_%H%M%S}"
        names = [sql.Identifier(name) for name in (self.name, kept, scratch, self.name)]
        rename = "ALTER DATABASE {} RENAME TO {}"
        self._ask(self._elsewhere, sql.SQL(f"{rename}; {rename}").format(*names))
        print(f"The database that was there is kept as “{kept}”.", flush=True)

    @property
    def _elsewhere(self) -> str:
        """A database that is not renamed."""
        return urlsplit(self._url)._replace(path="/postgres").geturl()

    def _make_empty(self) -> None:
        """It was empty before: all tables and sequences in it came from the dump."""
        for kind, words in (("r", "DROP TABLE"), ("S", "DROP SEQUENCE IF EXISTS")):
            names = self._ask(
                self._url,
                "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                " WHERE c.relkind = %s AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')",
                (kind,),
            )
            for name in names:
                self._ask(self._url, sql.SQL(f"{words} {{}} CASCADE").format(sql.Identifier(*map(str, name))))

    def _ask(
        self, url: str, query: LiteralString | sql.Composed, values: Sequence[object] | None = None
    ) -> list[tuple[object, ...]]:
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=TIMEOUT) as connection:
                cursor = connection.execute(query, values)
                return cursor.fetchall() if cursor.description else []
        except psycopg.errors.UndefinedTable as error:
            raise _NoTable from error
        except psycopg.Error as error:
            what = (str(error).strip() or type(error).__name__).splitlines()
            raise StartError(f"The database “{self.name}” cannot be restored: {' '.join(what)}.") from error


class _NoTable(Exception):
    """A database that UMS has never used."""


def _load(url: str, dumped: Path, watch: Callable[[], None]) -> None:
    options = [*NOTHING_OF_OTHERS, "--exit-on-error", "--single-transaction"]
    _run("pg_restore", [*options, "--dbname=service=ums", str(dumped)], url, watch)


def _run(name: str, options: Sequence[str], url: str, watch: Callable[[], None]) -> None:
    """The connection is in a file, the password in the environment: no process list shows them."""
    with tempfile.TemporaryDirectory(prefix="ums-") as directory, tempfile.TemporaryFile() as words:
        parameters = conninfo.conninfo_to_dict(url)
        password = parameters.pop("password", None)
        service = Path(directory, "service")
        service.write_text("[ums]\n" + "".join(f"{key}={value}\n" for key, value in parameters.items()))
        environment = {**os.environ, "PGSERVICEFILE": str(service), "PGSERVICE": "ums", "PGCONNECT_TIMEOUT": "10"}
        if password is not None:
            environment["PGPASSWORD"] = str(password)
        child = subprocess.Popen([_program(name), "--no-password", *options], env=environment, stderr=words)
        try:
            while not _ended(child):
                watch()
        finally:
            child.kill()
            child.wait()
        if child.returncode:
            words.seek(0)
            said = words.read().decode(errors="replace").strip().splitlines()[-3:]
            raise StartError(f"{name} has failed: {' '.join(said) or f'exit code {child.returncode}'}")


def _ended(child: subprocess.Popen[bytes]) -> bool:
    try:
        child.wait(0.2)
    except subprocess.TimeoutExpired:
        return False
    return True


def _program(name: str) -> str:
    """The newest version that is installed: it understands all older servers. Raises StartError."""
    of_debian = [path for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}") if path.parts[4].isdecimal()]
    newest = max(of_debian, key=lambda path: int(path.parts[4]), default=None)
    found = str(newest) if newest else shutil.which(name)
    if found is None:
        raise StartError(f"{name} is not installed: install PostgreSQL's client programs (Debian: postgresql-client).")
    return found
