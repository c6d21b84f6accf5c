"""The order of events, by which readers lose none (docs/events.md §2).

An id is given when a row is written, and seen when its transaction is over: a reader that goes by ids and has seen 8
misses 7, whose transaction took longer. So events get a position of their own, after their transaction is over, by one
numberer at a time, who holds the lock of the feed's row until the positions that it gave can be seen:

1. Positions are given to rows that can be seen already, so to nothing that may still be rolled back.
2. All positions below one that can be seen can be seen as well: whoever gave them had the lock before.
3. Hence a reader that has seen all up to n, and asks for what is beyond n, gets everything, once, in this order.

It is the same with every database, does not wait for long transactions of others, and survives a backup that is
restored elsewhere, which numbers of transactions would not.
"""

from __future__ import annotations

from django.db import connection, transaction

from ums.events.models import Event, Feed

AT_ONCE = 5000
"""Rows in one transaction."""

_NUMBER = """
UPDATE events_event SET position = news.position
FROM (
    SELECT id, %s + ROW_NUMBER() OVER (ORDER BY id) AS position FROM (
        SELECT id FROM events_event WHERE position IS NULL ORDER BY id LIMIT %s
    ) AS waiting
) AS news
WHERE events_event.id = news.id
"""


def events_numbered() -> int:
    """Give each event whose transaction is over its position. Returns the newest position, 0 when there is none."""
    while Event.objects.filter(position=None).exists():
        if _numbered() < AT_ONCE:
            break
    return Feed.objects.filter(pk=1).values_list("last", flat=True).first() or 0


@transaction.atomic
def _numbered() -> int:
    """The oldest AT_ONCE of them. Returns how many there were."""
    feed = feed_locked()
    with connection.cursor() as cursor:
        cursor.execute(_NUMBER, [feed.last, AT_ONCE])
        count: int = cursor.rowcount
    if count:
        feed.last += count
        feed.save(update_fields=["last"])
    return count


def feed_locked() -> Feed:
    """The row of the feed, locked until the transaction ends."""
    return Feed.objects.select_for_update().get_or_create(pk=1)[0]
