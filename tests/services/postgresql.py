"""A PostgreSQL server of the tests' own: own directory, free port, no durability, gone afterwards."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from tests.services.packages import postgresql_bin
from tests.services.process import Process, as_user, free_port

USER = "postgres"
"""The database's superuser; also whom the server runs as when the tests run as root, which it refuses to be."""

OPTIONS = {
    "max_connections": "300",
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
}


class PostgreSQL:
    """`with PostgreSQL() as server:` runs one; `server.url("name")` is for UMS_DATABASE_URL."""

    def __init__(self, *, primary: PostgreSQL | None = None, addresses: Sequence[str] = ("127.0.0.1",)) -> None:
        """`primary`: it is a standby of that one. `addresses`: where it listens, to everybody there."""
        self.bin = postgresql_bin()
        self.directory = Path(tempfile.mkdtemp(prefix="ums-postgresql-"))
        self.data = self.directory / "data"
        self.port = free_port()
        self.process: Process | None = None
        self._primary, self._addresses = primary, addresses

    def start(self) -> Self:
        """Make the data directory (0.6 s) and start (0.1 s). Raises RuntimeError with the server's words."""
        if as_user(USER):
            shutil.chown(self.directory, USER)
        if self._primary:
            self._run("pg_basebackup", "--pgdata", self.data, "--dbname", self._primary.url("postgres"))
            (self.data / "standby.signal").touch()
            with (self.data / "postgresql.auto.conf").open("a") as file:
                file.write(f"primary_conninfo = '{self._primary.url('postgres')}'\n")
        else:
            options = ["--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"]
            self._run("initdb", "--pgdata", self.data, "--username", USER, *options)
            with (self.data / "pg_hba.conf").open("a") as file:
                file.writelines(f"host all all {address}/24 trust\n" for address in self._addresses)
        self.run()
        return self

    def run(self) -> None:
        """Start it, also again after its end. Raises RuntimeError with the server's words."""
        options = {**OPTIONS, "listen_addresses": ",".join(self._addresses), "port": str(self.port)}
        options["unix_socket_directories"] = str(self.directory)
        self.process = Process(
            [self.bin / "postgres", "-D", self.data, *(f"--{name}={value}" for name, value in options.items())],
            self.directory / "server.log",
            user=USER,
            end_with=signal.SIGINT,
        )
        self.process.wait_ready(self._answers)

    def promote(self) -> None:
        """A standby becomes a server that is written to."""
        with self.connect() as connection:
            connection.execute("SELECT pg_promote()")

    def follow_in_step(self) -> None:
        """From now on nothing is acknowledged that its standby has not stored."""
        with self.connect() as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")

    def _run(self, program: str, *options: str | Path) -> None:
        command: list[str | Path] = ["setpriv", *as_user(USER)] if as_user(USER) else []
        command += [self.bin / program, *options, "--no-sync"]
        made = subprocess.run(command, cwd=self.directory, text=True, capture_output=True, check=False)
        if made.returncode:
            shutil.rmtree(self.directory, ignore_errors=True)
            raise RuntimeError(f"{program}: {made.stderr}")

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self._addresses[0], self.port), timeout=1), self.connect():
                return True
        except (OSError, psycopg.OperationalError):
            return False

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """An autocommit connection."""
        return psycopg.connect(self.url(database), autocommit=True, connect_timeout=5)

    def url(self, database: str) -> str:
        """The address of one database, as UMS_DATABASE_URL takes it."""
        return f"postgres://{USER}@{self._addresses[0]}:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """An empty database; returns its address."""
        create_database(self.url("postgres"), name)
        return self.url(name)

    def stop(self) -> None:
        """End the server and remove its directory."""
        if self.process:
            self.process.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def create_database(server_url: str, name: str) -> None:
    """Create an empty database beside the one that `server_url` names."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
