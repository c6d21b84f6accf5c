"""A reader that goes from position to position gets each event once, however long its transaction took."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier
from threading import Event as Signal
from time import sleep

import pytest
from django.db import connection, transaction

from ums.events import numbering
from ums.events.kinds import declare_kinds
from ums.events.models import Event, Feed
from ums.events.numbering import events_numbered
from ums.events.recording import event

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _kind() -> None:
    declare_kinds(test__happened="Something happened in a test.")


class Reader:
    """Follows the feed as a program does."""

    def __init__(self) -> None:
        self.position = 0
        self.names: list[str] = []

    def read(self) -> list[str]:
        events_numbered()
        rows = list(Event.objects.filter(position__gt=self.position).order_by("position"))
        self.names += [row.object_name for row in rows]
        if rows:
            self.position = rows[-1].position or 0
        return [row.object_name for row in rows]


def elsewhere(work: Callable[[], None]) -> Callable[[], None]:
    """`work` on a connection of its own thread."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    return run


def test_a_transaction_that_takes_longer_is_not_missed() -> None:
    """It has the lower id, and commits after the reader has seen the higher one."""
    if connection.vendor != "postgresql":
        pytest.skip("the embedded database has one writer at a time: ids are in the order of commits there")
    reader, written, go_on = Reader(), Signal(), Signal()

    def slow() -> None:
        with transaction.atomic():
            event(kind="test.happened", name="slow")
            written.set()
            go_on.wait(10)

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(elsewhere(slow))
        assert written.wait(10)
        event(kind="test.happened", name="quick")
        assert reader.read() == ["quick"]
        assert reader.read() == []
        go_on.set()
        writing.result(10)
    assert reader.read() == ["slow"]
    slow_row, quick_row = Event.objects.get(object_name="slow"), Event.objects.get(object_name="quick")
    assert slow_row.pk < quick_row.pk
    assert (quick_row.position, slow_row.position) == (1, 2)


def test_writers_and_readers_at_once() -> None:
    """Transactions of different lengths, some of them rolled back, numbered and read by two at the same time."""
    if connection.vendor != "postgresql":
        pytest.skip("the embedded database of tests is in memory and locks whole tables")
    writers, each = 4, 12
    readers, done, start = [Reader(), Reader()], Signal(), Barrier(writers + 2)

    def write(writer: int) -> None:
        chance = Random(writer)
        start.wait(10)
        for number in range(each):
            with transaction.atomic():
                event(kind="test.happened", name=f"{writer}.{number}")
                sleep(chance.random() / 100)
                transaction.set_rollback(number % 4 == 3)

    def follow(reader: Reader) -> None:
        start.wait(10)
        while not done.is_set():
            reader.read()

    with ThreadPoolExecutor(writers + 2) as pool:
        following = [pool.submit(elsewhere(lambda reader=reader: follow(reader))) for reader in readers]  # type: ignore[misc]
        writing = [pool.submit(elsewhere(lambda writer=writer: write(writer))) for writer in range(writers)]  # type: ignore[misc]
        for one in writing:
            one.result(60)
        done.set()
        for one in following:
            one.result(60)
    expected = sorted(f"{writer}.{number}" for writer in range(writers) for number in range(each) if number % 4 != 3)
    for reader in readers:
        reader.read()
        assert sorted(reader.names) == expected
    assert readers[0].names == readers[1].names
    positions = list(Event.objects.order_by("position").values_list("position", flat=True))
    assert positions == list(range(1, len(expected) + 1))
    assert Feed.objects.get().last == len(expected)


def test_what_was_rolled_back_never_gets_a_position() -> None:
    with transaction.atomic():
        event(kind="test.happened", name="void")
        assert events_numbered() == 1
        transaction.set_rollback(True)
    event(kind="test.happened", name="real")
    assert Reader().read() == ["real"]
    assert Event.objects.get().position == 1


def test_many_are_numbered_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbering, "AT_ONCE", 3)
    for number in range(8):
        event(kind="test.happened", name=str(number))
    assert events_numbered() == 8
    assert Reader().read() == list("01234567")
    assert events_numbered() == 8
