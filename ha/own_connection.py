"""A connection to the database that a thread shares with nobody."""

from __future__ import annotations

from django.db import DEFAULT_DB_ALIAS, connection, connections

TIMEOUTS = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 5000,
}
"""As of libpq: seconds, the last one milliseconds."""

LIMITS = "-c jit=off -c lock_timeout=3s -c statement_timeout=6s -c idle_in_transaction_session_timeout=10s"
"""Of the session. Whoever works with this connection says something again soon, and waits for nobody who sleeps."""


def own_connection() -> None:
    """From now on this thread has a plain connection: none of the pool, for which it would wait when requests have all
    of them, and one that gives up within seconds. With an embedded database nothing changes."""
    if connection.vendor != "postgresql":
        return
    own = connection.copy()
    options = {name: value for name, value in own.settings_dict["OPTIONS"].items() if name != "pool"}
    own.settings_dict["OPTIONS"] = {**options, **TIMEOUTS, "options": LIMITS}
    connections[DEFAULT_DB_ALIAS] = own
