"""What HAProxy has to be told, from the servers that the network has and those that HAProxy has. Plain rules."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Want(StrEnum):
    """What the network says about a server. The first that any server has is what gets new work."""

    READY = "ready"
    SUSPECT = "suspect"
    """It has not been heard of for a moment: no new work, if another can do it."""
    LOST = "lost"
    """Its work was handed over: its devices have to connect elsewhere."""
    DRAIN = "drain"
    """It is stopping, or in another mode: it ends its connections itself."""


class Admin(StrEnum):
    """In which state HAProxy was told to have a server."""

    READY = "ready"
    DRAIN = "drain"
    MAINT = "maint"


@dataclass(frozen=True, slots=True)
class Server:
    """A server as it is reached. `id` is its process id, `name` stands in its certificate; `address` is an IP one."""

    id: str
    name: str
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A server of the network."""

    server: Server
    want: Want


@dataclass(frozen=True, slots=True)
class Actual:
    """A server that HAProxy has. `answers`: its last check was good. `sessions`: what is open or waits."""

    id: str
    address: str
    port: int
    admin: Admin
    answers: bool
    sessions: int


class Do(StrEnum):
    """What can be done with a server of HAProxy."""

    ADD = "add"
    """Have it, checked, without work."""
    READY = "ready"
    DRAIN = "drain"
    """No new work; what is open goes on."""
    CUT = "cut"
    """No work at all: what is open ends now."""
    REMOVE = "remove"
    """Forget it; HAProxy refuses that while something is open."""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing to do; `server` belongs to ADD."""

    do: Do
    id: str
    server: Server | None = None


def serving(wanted: Iterable[Wanted]) -> list[Server]:
    """The servers that get new work: those that are ready. When none is, a suspect or even a lost one is better than
    nothing, and HAProxy's own checks tell whether it is there: after an outage of the database all look silent."""
    listed = list(wanted)
    for want in (Want.READY, Want.SUSPECT, Want.LOST):
        if found := [one.server for one in listed if one.want == want]:
            return found
    return []


def plan(wanted: Iterable[Wanted], actual: Iterable[Actual]) -> list[Command]:
    """What to do now. Asked again and again: what has to wait for something is planned when that is so."""
    wanted = list(wanted)
    had = {one.id: one for one in actual}
    used = {server.id: server for server in serving(wanted)}
    wants = {one.server.id: one.want for one in wanted}
    commands: list[Command] = []
    for id, server in used.items():
        commands += _use(server, had.get(id))
    for id, one in had.items():
        if id not in used:
            commands += _leave(one, wants.get(id))
    return commands


def _use(server: Server, had: Actual | None) -> list[Command]:
    if had is None:
        return [Command(Do.ADD, server.id, server)]
    if (had.address, had.port) != (server.address, server.port):
        # It has started elsewhere; nobody answers at the old address. It is added when this one is gone.
        return _end(had)
    if had.admin == Admin.MAINT:
        return [Command(Do.DRAIN, server.id)]  # in maintenance nothing is checked
    if had.admin == Admin.DRAIN and had.answers:
        return [Command(Do.READY, server.id)]
    return []


def _leave(had: Actual, want: Want | None) -> list[Command]:
    if want == Want.LOST:
        return _end(had)
    if had.admin == Admin.READY:
        return [Command(Do.DRAIN, had.id)]
    if want is None and not had.sessions:
        return [Command(Do.REMOVE, had.id)]
    return []


def _end(had: Actual) -> list[Command]:
    return [Command(Do.CUT if had.sessions or had.admin != Admin.MAINT else Do.REMOVE, had.id)]
