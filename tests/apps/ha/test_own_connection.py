"""A heartbeat shares no connection with requests, and waits for nobody."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import pytest
from django.db import connection, transaction
from psycopg_pool import PoolTimeout

from ha.heartbeat import Heartbeat
from ha.models import Process
from tests.apps.ha.test_processes import identity, node

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def with_a_pool() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("the embedded database has no pool, and one writer at a time")


@pytest.fixture
def heart() -> Iterator[Heartbeat]:
    heart = Heartbeat(identity(node()))
    yield heart
    heart.stop(seconds=20)


@pytest.fixture
def exhausted() -> Iterator[None]:
    """Requests have all connections of the pool."""
    connection.ensure_connection()
    pool, taken = cast("Any", connection).pool, []
    with suppress(PoolTimeout):
        while True:
            taken.append(pool.getconn(timeout=1.0))
    assert taken
    yield
    for one in taken:
        pool.putconn(one)


def wait_for(condition: Any) -> None:
    end = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < end, "did not come"
        time.sleep(0.05)


def test_a_process_beats_while_requests_have_all_connections(heart: Heartbeat, exhausted: None) -> None:
    heart.start()
    wait_for(Process.objects.filter(pk=heart.identity.id).exists)


def test_a_beat_that_meets_a_lock_gives_up_and_tries_again(heart: Heartbeat) -> None:
    heart.start()
    row = Process.objects.filter(pk=heart.identity.id)
    wait_for(lambda: heart._beating_since is not None)
    with transaction.atomic():
        before = row.select_for_update().get().timestamp
        wait_for(lambda: heart._beating_since is None)
    wait_for(lambda: row.get().timestamp > before)


def test_what_a_process_that_stands_still_has_locked_is_let_go_of() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("2min",)
