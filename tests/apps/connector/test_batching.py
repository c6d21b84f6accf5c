"""Database work in batches: shared, in order, isolated from each other's failures."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence

import pytest
from django.db import OperationalError

from ums.connector.batching import Batcher, Database, WorkFailed

pytestmark = pytest.mark.once


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    """Threads without any connection."""
    threads = Database(2)
    yield threads
    await asyncio.get_running_loop().run_in_executor(None, threads.close)


async def test_items_of_one_moment_are_one_batch(database: Database) -> None:
    batches: list[list[int]] = []

    def double(items: Sequence[int]) -> list[int]:
        batches.append(list(items))
        return [2 * item for item in items]

    batcher = Batcher(database, double)
    assert await asyncio.gather(*map(batcher.do, range(100))) == [2 * item for item in range(100)]
    assert batches == [list(range(100))]


async def test_batches_have_a_greatest_size(database: Database) -> None:
    sizes: list[int] = []

    def count(items: Sequence[int]) -> list[None]:
        sizes.append(len(items))
        return [None] * len(items)

    batcher = Batcher(database, count, most=40)
    for item in range(100):
        batcher.add(item)
    await batcher.drained()
    assert sizes == [40, 40, 20]


async def test_one_bad_item_harms_no_other(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    def invert(items: Sequence[int]) -> list[float]:
        return [1 / item for item in items]

    batcher = Batcher(database, invert)
    results = await asyncio.gather(*map(batcher.do, [1, 2, 0, 4, 5]), return_exceptions=True)
    assert [result for result in results if not isinstance(result, WorkFailed)] == [1.0, 0.5, 0.25, 0.2]
    assert isinstance(results[2], WorkFailed)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    caplog.clear()


async def test_a_lost_connection_is_tried_once_more(database: Database) -> None:
    tries: list[int] = []

    def flaky(items: Sequence[int]) -> list[int]:
        tries.append(len(items))
        if len(tries) == 1:
            raise OperationalError("the connection is closed")
        return list(items)

    assert await Batcher(database, flaky).do(7) == 7
    assert tries == [1, 1]


async def test_a_database_that_is_away_fails_the_batch_with_one_line(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def away(items: Sequence[int]) -> list[int]:
        raise OperationalError("connection refused")

    batcher = Batcher(database, away)
    with caplog.at_level(logging.WARNING):
        results = await asyncio.gather(*map(batcher.do, range(50)), return_exceptions=True)
    assert all(isinstance(result, WorkFailed) for result in results)
    assert len(caplog.records) == 1
    with pytest.raises(WorkFailed):
        await batcher.do(1)


async def test_who_does_not_wait_any_more_is_left_alone(database: Database) -> None:
    batcher: Batcher[int, int] = Batcher(database, list)
    waiting = [asyncio.ensure_future(batcher.do(item)) for item in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    assert await waiting[0] == 0
    assert await waiting[2] == 2
