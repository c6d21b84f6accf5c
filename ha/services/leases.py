"""Leases: work that one process does at a time, with a number that makes writes of an earlier holder void."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, When

from ha.clock import database_now
from ha.models import Lease
from ums.core.errors import AppError


def lease_take(*, name: str, life: str, seconds: float) -> int | None:
    """Take or prolong a lease; the fence to name when writing, None when another process holds it."""
    now = database_now()
    until = now + timedelta(seconds=seconds)
    free = Lease.objects.filter(Q(until__lt=now) | Q(holder=life), pk=name)
    taken = free.update(
        fence=Case(When(holder=life, then=F("fence")), default=F("fence") + 1), holder=life, until=until
    )
    if not taken:
        try:
            with transaction.atomic():
                return Lease.objects.create(pk=name, holder=life, until=until).fence
        except IntegrityError:
            return None
    return Lease.objects.filter(pk=name, holder=life).values_list("fence", flat=True).first()


def lease_hold(*, name: str, fence: int) -> None:
    """Called first in the transaction that writes on the strength of a lease: nobody takes it until that ends.

    Raises AppError `lease_lost` when somebody has taken it: a process that slept writes nothing.
    """
    if not Lease.objects.select_for_update().filter(pk=name, fence=fence).exists():
        raise AppError("lease_lost", f"Another process has taken over “{name}”.", status=409)


def lease_release(*, name: str, life: str) -> None:
    """Let others have it at once."""
    Lease.objects.filter(pk=name, holder=life).update(until=database_now() - timedelta(seconds=1))
