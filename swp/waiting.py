"""Waiting for a directory takes seconds; nobody else should wait for a connection to the database meanwhile."""

from __future__ import annotations

from django.db import close_old_connections, connection


def connection_given_back() -> None:
    """Before a wait: the request's connection is free for others, and comes again by itself. Not in a transaction."""
    if not connection.in_atomic_block:
        close_old_connections()
