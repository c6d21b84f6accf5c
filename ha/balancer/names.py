"""IP addresses of nodes. A name that cannot be resolved at the moment keeps the addresses that it had."""

from __future__ import annotations

import socket

import structlog

log = structlog.get_logger("ha.balancer")

_last: dict[str, tuple[str, ...]] = {}


def addresses_of(name: str) -> tuple[str, ...]:
    """All addresses of a host, in the resolver's order; those of the last time while it does not know the name, and
    none when it never did."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        log.warning("node_unresolved", address=name, error=str(error))
    else:
        _last[name] = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    return _last.get(name, ())
