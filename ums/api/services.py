"""Answers that are kept for requests that come again (docs/api.md §6)."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from ums.api.models import GivenAnswer
from ums.core.crypto import seal

KEPT = timedelta(hours=24)
"""How long an answer is kept."""


def answer_claim(*, holder: str, key: str, fingerprint: str) -> GivenAnswer:
    """The row of this key: a new one without a status, or that of an answer which was given before.

    Inside the transaction of the write: a second request waits here until the first one's has ended, and then finds its
    answer, or makes a row of its own when the first one came to nothing.
    """
    now = timezone.now()
    GivenAnswer.objects.filter(holder=holder, key=key, created_at__lt=now - KEPT).delete()
    row = GivenAnswer(holder=holder, key=key, fingerprint=fingerprint, created_at=now)
    GivenAnswer.objects.bulk_create([row], ignore_conflicts=True)
    return GivenAnswer.objects.get(holder=holder, key=key)


@transaction.atomic
def answer_keep(*, claimed: GivenAnswer, status: int, body: str) -> None:
    """Store what the write answered."""
    claimed.status, claimed.body = status, seal(body)
    claimed.save(update_fields=["status", "body"])


def answers_prune() -> int:
    """Forget answers that are older than KEPT. Returns how many."""
    return GivenAnswer.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]
