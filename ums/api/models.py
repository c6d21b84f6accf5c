"""What the API remembers of its own: answers to requests that may come again."""

from __future__ import annotations

from django.db import models


class GivenAnswer(models.Model):
    """The answer to a request with an `Idempotency-Key`, for when the same request comes again.

    The row is made in the transaction of the write, and holds its place there: who comes with the same key meanwhile
    waits for the end of that transaction.
    """

    holder = models.CharField(max_length=32, help_text="Whose key it is: token:7 or user:3.")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="Of address and body.")
    status = models.PositiveSmallIntegerField(null=True, help_text="Empty: the write has not ended.")
    body = models.TextField(blank=True, help_text="Sealed: it may hold a secret that is told once.")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="given_answer_once", fields=["holder", "key"])]

    def __str__(self) -> str:
        return f"{self.holder} {self.key}"
