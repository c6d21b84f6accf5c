"""What a host must have before it becomes a node (manual p. 8-11). Everything is looked at before anything is written.

Needs no Django: there is no database yet.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import redis

from ha.bus.redis import client
from ha.nodefile import NAME
from ums.domain.processes import MAX_SKEW

if TYPE_CHECKING:
    from collections.abc import Iterable

GB = 10**9
SERVER_MEMORY, BALANCER_MEMORY = 4 * GB, 1 * GB
SERVER_DISK, BALANCER_DISK = 2 * GB, 1 * GB
RESERVED = 0.1
"""Part of a host's memory that its kernel may keep: a machine of 4 GB shows less."""

POSTGRESQL = 14
"""The oldest PostgreSQL that our web framework speaks to."""

CONNECTIONS = 40
"""Connections to the database that the processes of one node may open."""

TIMEOUT = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One requirement: what was found, what is needed, and what to do when that is not enough."""

    name: str
    found: str
    needed: str
    good: bool
    advice: str = ""


def memory(*, server: bool, total: int | None = None) -> Check:
    """`total` in bytes: that of this host, unless told."""
    needed = SERVER_MEMORY if server else BALANCER_MEMORY
    total = _memory() if total is None else total
    return Check(
        "Memory",
        f"{total / GB:.1f} GB",
        f"{needed / GB:.0f} GB",
        total >= needed * (1 - RESERVED),
        "Give the host more memory.",
    )


def disk(data: Path, *, server: bool, free: int | None = None) -> Check:
    """`free` in bytes: what is free where the data directory is or will be, unless told."""
    needed = SERVER_DISK if server else BALANCER_DISK
    free = shutil.disk_usage(_existing(data)).free if free is None else free
    return Check(
        "Free disk space",
        f"{free / GB:.1f} GB",
        f"{needed / GB:.0f} GB",
        free >= needed,
        f"Free some on the disk of {data}, or choose another directory with --data.",
    )


def directory(data: Path, *, may_hold: Iterable[str] | None = ()) -> Check:
    """A data directory must be writable and no node's. `may_hold`: names that may be in it; None: any."""
    needed = "writable, no node yet" if may_hold is None else "writable and empty"
    other = "Choose another directory with --data."
    try:
        inside = sorted(path.name for path in data.iterdir()) if data.exists() else []
    except OSError as error:
        return Check("Data directory", error.strerror or str(error), needed, False, other)
    if NAME in inside:
        return Check("Data directory", "a node's already", needed, False, f"{other} Or start this node.")
    if may_hold is not None and (there := [name for name in inside if name not in may_hold]):
        return Check("Data directory", f"holds {there[0]}", needed, False, other)
    if not os.access(_existing(data), os.W_OK | os.X_OK):
        return Check("Data directory", "not writable", needed, False, f"Let this user write in {_existing(data)}.")
    return Check("Data directory", "writable", needed, True)


def port(bind: str, number: int, purpose: str, option: str) -> Check:
    """Whether a port is free on the address that the node will listen on."""
    name = f"Port {number} ({purpose})"
    advice = f"Stop what listens there, or choose another with {option}."
    try:
        family, kind, _, _, address = socket.getaddrinfo(bind, number, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        found = error.strerror or str(error)
        if isinstance(error, socket.gaierror) or "assign" in found.lower():
            advice = "Choose an address of this host with --bind."
        return Check(name, found, f"free on {bind}", False, advice)
    return Check(name, "free", f"free on {bind}", True)


def database(url: str, *, embedded: bool = False, joining: bool = True) -> list[Check]:
    """Whether the database can carry a network: reachable, PostgreSQL, new enough, writable, its clock near ours.

    `joining`: one more node than the database knows. `embedded`: asked for by --embedded, for one server with one load
    balancer, to try things out (manual p. 8).
    """
    needed = f"PostgreSQL {POSTGRESQL} or newer"
    if embedded:
        return [Check("Database", "embedded", "embedded, for tests with one node only", True)]
    if urlsplit(url).scheme not in {"postgres", "postgresql"}:
        found = "embedded" if url.startswith("sqlite") else "no address of a PostgreSQL database"
        return [Check("Database", found, needed, False, "Give --database-file or UMS_DATABASE_URL: postgres://…")]
    if urlsplit(url).netloc.count("@") > 1:
        advice = "Write @ in it as %40, : as %3A, / as %2F."
        return [Check("Database", "an address that cannot be read: its password holds @", needed, False, advice)]
    try:
        with psycopg.connect(url, connect_timeout=TIMEOUT, autocommit=True) as connection:
            return _asked(connection, needed, joining)
    except (psycopg.Error, ValueError, UnicodeError) as error:
        advice = "Check its address, user and password, and that this host may connect."
        return [Check("Database", _first_line(error), needed, False, advice)]


def redis_answers(url: str) -> Check:
    """Redis is optional; one that is named has to answer."""
    needed = "answers, or none named"
    try:
        connection = client(url)
        connection.ping()
        connection.close()
    except (redis.RedisError, ValueError, OSError) as error:
        advice = "Check its address, or leave it out: then the database carries the messages."
        return Check("Redis", _first_line(error), needed, False, advice)
    return Check("Redis", "answers", needed, True)


def clock(name: str, ahead: float) -> Check:
    """`ahead`: seconds that this host's clock is ahead of the other's."""
    return Check(
        f"Clock against {name}",
        f"{abs(ahead):.1f} s {'ahead' if ahead >= 0 else 'behind'}",
        f"at most {MAX_SKEW:.0f} s",
        abs(ahead) <= MAX_SKEW,
        "Set the clocks of both by NTP.",
    )


def _asked(connection: psycopg.Connection, needed: str, joining: bool) -> list[Check]:
    version = connection.info.server_version
    checks = [
        Check(
            "Database",
            f"PostgreSQL {version // 10_000}.{version % 10_000}",
            needed,
            version >= POSTGRESQL * 10_000,
            "Update the database server.",
        )
    ]
    before = time.time()
    row = connection.execute(
        "SELECT extract(epoch FROM clock_timestamp())::float8, pg_is_in_recovery(),"
        " has_schema_privilege(current_user, current_schema(), 'CREATE'),"
        " current_setting('server_encoding'), current_setting('max_connections')::int"
    ).fetchone()
    middle = (before + time.time()) / 2
    assert row is not None
    now, standby, may_create, encoding, connections = row
    rights = "a standby" if standby else "may create tables" if may_create else "may not create tables"
    advice = "Name the primary." if standby else "Let the user own the database or its schema."
    checks.append(Check("Database rights", rights, "may create tables", bool(may_create) and not standby, advice))
    checks.append(Check("Database encoding", encoding, "UTF8", encoding == "UTF8", "Create it with ENCODING 'UTF8'."))
    nodes = max(1, _nodes(connection) + joining)
    checks.append(
        Check(
            "Database connections",
            str(connections),
            f"{CONNECTIONS * nodes}: {CONNECTIONS} for each of {nodes} nodes" if nodes > 1 else str(CONNECTIONS),
            connections >= CONNECTIONS * nodes,
            "Raise max_connections of the database server.",
        )
    )
    checks.append(clock("the database", middle - now))
    return checks


def _nodes(connection: psycopg.Connection) -> int:
    """Nodes with a server that the database knows."""
    known = connection.execute("SELECT to_regclass('ha_node')").fetchone()
    if known is None or known[0] is None:
        return 0
    row = connection.execute("SELECT count(*) FROM ha_node WHERE has_server").fetchone()
    return int(row[0]) if row else 0


def _memory() -> int:
    """Bytes that this host, or the container that this is, has."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return total
    return min(total, int(limit)) if limit.isdecimal() else total


def _existing(path: Path) -> Path:
    """The nearest directory above that is there."""
    return next(one for one in [path, *path.parents] if one.exists())


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
