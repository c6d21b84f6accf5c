"""What devices were given, written in batches by the connector. Not audited, as all that devices report."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db import connection, transaction
from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from ums.devices.models import Delivery

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.db.models import QuerySet

KEPT = 100
"""Rows of a device at most."""

LEFT = 80
"""Rows that stay when there were more: so that not each delivery after the hundredth deletes one."""


class Sent(NamedTuple):
    """Settings that a device was just sent."""

    device_id: int
    seq: int
    tag: str


@transaction.atomic
def deliveries_sent(*, sent: Collection[Sent]) -> None:
    """Remember what devices were sent: the same number of statements for one and for a thousand.

    A device that asks again before it has reported gets the same once more: that is one delivery.
    """
    now = timezone.now()
    latest = {one.device_id: one for one in sent}
    unanswered = _locked(Delivery.objects.filter(device__in=latest, applied_at=None, seq__in={s.seq for s in sent}))
    again = {Sent(device_id, seq, tag): pk for pk, device_id, seq, tag in unanswered}
    repeated = [again[one] for one in latest.values() if one in again]
    if repeated:
        Delivery.objects.filter(pk__in=repeated).update(sent_at=now)
    new = [one for one in latest.values() if one not in again]
    if new:
        Delivery.objects.bulk_create([Delivery(**one._asdict(), sent_at=now) for one in sorted(new)], batch_size=1000)
        _trim([one.device_id for one in new])


def deliveries_reported(*, device_ids: Collection[int], seq: int, tag: str, error: str, now: datetime) -> None:
    """Devices said the same about the same settings: one statement. Called while their states are locked."""
    rows = Delivery.objects.filter(device__in=device_ids, seq=seq, tag=tag, applied_at=None)
    rows.update(applied_at=now, error=error)


def _locked(rows: QuerySet[Delivery]) -> list[tuple[int, int, int, str]]:
    """(id, device, seq, tag), in the order of their keys: two writers wait for each other instead of deadlocking."""
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(no_key=True)
    return list(rows.order_by("pk").values_list("pk", "device_id", "seq", "tag"))


def _trim(device_ids: Collection[int]) -> None:
    counted = Delivery.objects.filter(device__in=device_ids).order_by().values("device").annotate(count=Count("pk"))
    many = list(counted.filter(count__gt=KEPT).values_list("device", flat=True))
    if many:
        newest_first = Window(RowNumber(), partition_by=F("device"), order_by=[F("sent_at").desc(), F("pk").desc()])
        old = Delivery.objects.filter(device__in=many).order_by().annotate(number=newest_first).filter(number__gt=LEFT)
        Delivery.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
