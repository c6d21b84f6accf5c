"""A data directory that was copied to another host."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
import structlog

from ha.heartbeat import Heartbeat
from ha.nodefile import NodeFile
from ha.services import process_register
from tests.apps.ha.test_processes import identity, node
from ums.project.node.twice import refuse_twice
from ums.project.prepare import StartError

if TYPE_CHECKING:
    from tests.services.postgresql import PostgreSQL

TABLE = """
CREATE TABLE IF NOT EXISTS epr_processes (
  epr_process_id text PRIMARY KEY, epr_process_type text, pid int, epr_timestamp timestamptz, node_id uuid, life text)
"""


def file_of(url: str) -> NodeFile:
    return NodeFile(
        id=str(uuid4()),
        network="",
        name="north",
        address="127.0.0.1",
        bind="127.0.0.1",
        server=True,
        balancer=False,
        web_port=8443,
        device_port=30001,
        balancer_port=30001,
        database_url=url,
    )


def test_a_node_that_beats_elsewhere_does_not_start_here(postgresql: PostgreSQL) -> None:
    copy = file_of(postgresql.create_database("twice"))
    refuse_twice(copy)  # nobody has been there yet
    ended = threading.Event()

    def beat() -> None:
        with psycopg.connect(copy.database_url, autocommit=True) as connection:
            while not ended.wait(0.2):
                connection.execute("UPDATE epr_processes SET epr_timestamp = clock_timestamp()")

    with psycopg.connect(copy.database_url, autocommit=True) as connection:
        connection.execute(TABLE)
        connection.execute(
            "INSERT INTO epr_processes VALUES ('x', 'UMS_WATCHDOG', 77, clock_timestamp(), %s, 'life')", (copy.id,)
        )
        refuse_twice(copy)  # it was killed just now
        connection.execute("UPDATE epr_processes SET epr_timestamp = clock_timestamp()")
    beating = threading.Thread(target=beat)
    beating.start()
    try:
        with pytest.raises(StartError, match=r"runs already, though not here.*process 77"):
            refuse_twice(copy)
        refuse_twice(file_of(copy.database_url))  # another node
    finally:
        ended.set()
        beating.join()


def test_a_node_starts_without_its_database() -> None:
    refuse_twice(file_of("postgres://nobody@127.0.0.1:1/ums"))
    refuse_twice(file_of("sqlite:////nowhere"))


@pytest.mark.django_db
def test_a_process_whose_row_another_one_takes_says_so() -> None:
    heart = Heartbeat(identity(node()))
    heart.beat()
    process_register(identity=replace(heart.identity, life=str(uuid4()), pid=77))
    with structlog.testing.capture_logs() as logs:
        heart.beat()
    assert [(entry["event"], entry.get("pid")) for entry in logs][:2] == [
        ("node_runs_twice", 77),
        ("process_was_given_up", None),
    ]
