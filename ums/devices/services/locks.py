"""Rows are locked in one order (docs/architecture.md, Locks): who waits for another has nothing that that one wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

from ums.devices.models import Device, Presence, SettingsState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.db.models import QuerySet


def rows_locked(rows: QuerySet[Any]) -> None:
    """Lock rows in the order of their keys: two writers of many rows wait for each other instead of deadlocking. Others
    may go on to write rows that refer to them.

    The embedded database has one writer at a time and needs no locks.
    """
    if connection.features.has_select_for_update:
        list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def devices_locked(*, ids: Iterable[int]) -> set[int]:
    """Those of the devices that exist, and will until the end of the transaction; nobody else changes them."""
    rows = Device.objects.select_for_update().filter(pk__in=set(ids)).order_by("pk")
    return set(rows.values_list("pk", flat=True))


def deletion_locked(ids: Collection[int]) -> None:
    """Lock devices that are about to be deleted, and what goes with them though others lock it by itself."""
    devices_locked(ids=ids)
    rows_locked(SettingsState.objects.filter(pk__in=ids))
    rows_locked(Presence.objects.filter(pk__in=ids))
