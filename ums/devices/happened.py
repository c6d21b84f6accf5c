"""Public events about many devices at once: one statement, in which no device is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, models

from ums.core.access import Action
from ums.core.among import among
from ums.devices.models import Device
from ums.events.kinds import KINDS
from ums.events.models import Event

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime


def device_events(*, kind: str, ids: Collection[int], time: datetime) -> None:
    """The same kind of event about each of these devices, with name and directory as they are now. Inside the caller's
    transaction. Raises KeyError for an undeclared kind."""
    KINDS[kind]
    if not ids:
        return
    texts = models.CharField()
    rows = Device.objects.filter(pk__in=among(ids)).order_by("pk")
    found = rows.annotate(_id=models.functions.Cast("pk", texts)).values_list("_id", "name", "directory_id")
    select, values = found.query.sql_with_params()
    moment = connection.ops.adapt_datetimefield_value(time)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Event._meta.db_table} "  # noqa: S608 - our own names and a statement of the ORM
            "(time, kind, sees, object_type, actor, data, object_id, object_name, directory) "
            f"SELECT %s, %s, '{Action.READ.value}', 'device', '', '{{}}', found.* FROM ({select}) AS found",
            [moment, kind, *values],
        )
