"""How long assets and their history are kept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from ha.clock import shared_now
from ums.assets.models import Asset, AssetEvent, Stay
from ums.assets.selectors import asset_settings, vanished

if TYPE_CHECKING:
    from django.db.models import QuerySet

AT_ONCE = 2000
"""Rows of one statement, so that nobody waits long for it."""


def assets_prune() -> int:
    """Delete events and stays older than the settings say, and assets that have been nowhere for as long.

    Returns how many rows are gone.
    """
    old = shared_now() - timedelta(days=max(1, asset_settings().history_days))
    somewhere = Stay.objects.filter(asset=OuterRef("pk"), until=None, device__isnull=False).order_by()
    gone = _delete(AssetEvent.objects.filter(time__lt=old).order_by("time"))
    gone += _delete(Stay.objects.filter(until__lt=old).order_by("until"))
    nowhere = vanished(Asset.objects.order_by("changed_at"), before=old).exclude(Exists(somewhere))
    return gone + _delete(nowhere)


def _delete(rows: QuerySet[AssetEvent] | QuerySet[Stay] | QuerySet[Asset]) -> int:
    gone = 0
    while ids := list(rows.values_list("pk", flat=True)[:AT_ONCE]):
        gone += rows.model._default_manager.filter(pk__in=ids).delete()[0]
    return gone
