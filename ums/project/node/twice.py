"""A data directory that was copied: two hosts would be the same node, and each take the other's rows for ever."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psycopg

from ums.domain.processes import BEAT_EVERY
from ums.project.prepare import StartError

if TYPE_CHECKING:
    from ha.nodefile import NodeFile

WATCHED = 2.5 * BEAT_EVERY
"""Seconds within which a process that lives beats, also on a busy machine."""

_BEATING = """
SELECT epr_process_id, epr_process_type, pid, epr_timestamp FROM epr_processes
WHERE node_id = %s AND life <> '' AND epr_timestamp > clock_timestamp() - make_interval(secs => %s)
"""


def refuse_twice(node: NodeFile) -> None:
    """To be called while nothing of this node runs here. Raises StartError when a process of it beats all the same.

    A row that was fresh and stays as it is belongs to a process that was killed just now. A database that does not
    answer tells nothing: a node starts without it.
    """
    if not node.database_url.startswith("postgres"):
        return
    try:
        with psycopg.connect(node.database_url, connect_timeout=3, autocommit=True) as connection:
            before = {row[0]: row for row in connection.execute(_BEATING, (node.id, WATCHED))}
            end = time.monotonic() + WATCHED
            while before and time.monotonic() < end:
                time.sleep(0.2)
                for id, kind, pid, at in connection.execute(_BEATING, (node.id, WATCHED)).fetchall():
                    if id not in before or before[id][3] != at:
                        raise StartError(
                            f"The node {node.name} ({node.id}) runs already, though not here: its {kind} beats "
                            f"(process {pid} there). Was this data directory copied? Two hosts cannot be one node: "
                            "remove it here and join the network anew with “ums node join”, or stop the other."
                        )
    except (psycopg.Error, ValueError, UnicodeError):
        return
