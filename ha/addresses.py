"""Addresses of nodes as text. Plain Python."""

from __future__ import annotations

EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not bound
"""Where a server may listen, and nobody else can reach it."""


def host_and_port(address: str, port: int) -> str:
    """As HAProxy and URLs write it: an IPv6 address in brackets."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
