"""The round of a worker: events become deliveries, what is due is sent, several at a time.

Many workers may go round at once: rows are claimed. Requests are sent by threads that know no database, outside any
transaction.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from ums.core.actor import SYSTEM
from ums.feeds.sending import send
from ums.feeds.services import deliveries_claim, delivery_settle, events_spread

AT_ONCE = 16
"""Requests of one round."""

_going = Lock()


def deliver() -> int:
    """One round, unless this process is on one. Returns how many requests were sent."""
    if not _going.acquire(blocking=False):
        return 0
    try:
        events_spread()
        claimed = deliveries_claim(limit=AT_ONCE)
        if claimed:
            with ThreadPoolExecutor(len(claimed), thread_name_prefix="webhooks") as threads:
                for (row, _), sent in zip(claimed, threads.map(send, [order for _, order in claimed]), strict=True):
                    delivery_settle(actor=SYSTEM, delivery=row, sent=sent)
        return len(claimed)
    finally:
        _going.release()
