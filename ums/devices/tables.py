"""The device list as a table: columns, orders, pages of rows, and the same columns as CSV."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from ums.core.access import Action
from ums.core.errors import AppError
from ums.core.paging import Keys, Order, keyset_keys
from ums.devices.models import Device
from ums.devices.selectors import device_list
from ums.domain.presence import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ums.devices.selection import ListQuery

PAGE = 100
DEFAULT_SORT = "name"
CSV_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `order` is the database's column that sorts it, "" for none; `css` hides it when narrow."""

    key: str
    label: str
    value: Callable[[Device], Any]
    order: str = ""
    css: str = ""
    fixed: bool = False
    optional: bool = False
    """Hidden until chosen."""


def _firmware(device: Device) -> str:
    return f"{device.firmware} {device.firmware_version}".strip()


COLUMNS: tuple[Column, ...] = (
    Column("name", "Name", lambda d: d.name, "name", fixed=True),
    Column("status", "Status", lambda d: Status(d.status).value),  # type: ignore[attr-defined]
    Column("settings", "Settings", lambda d: d.state.progress),
    Column("directory", "Directory", lambda d: d.directory.name, "directory__name", css="mid"),
    Column("product", "Product", lambda d: d.product, "product", css="low"),
    Column("firmware", "Firmware", _firmware, "firmware_version", css="rare"),
    Column("ip_address", "IP address", lambda d: d.ip_address, "ip_address", css="low"),
    Column("last_contact", "Last contact", lambda d: d.presence.last_contact, "presence__last_contact", css="mid"),
    Column("site", "Site", lambda d: d.site, "site", css="rare"),
    Column("department", "Department", lambda d: d.department, "department", optional=True),
    Column("unit_id", "Unit ID", lambda d: d.unit_id, "unit_id", optional=True),
    Column("serial_number", "Serial number", lambda d: d.serial_number, "serial_number", optional=True),
    Column("asset_id", "Asset ID", lambda d: d.asset_id, optional=True),
    Column("cost_centre", "Cost centre", lambda d: d.cost_centre, optional=True),
    Column("network_name", "Network name", lambda d: d.network_name, optional=True),
    Column("last_user", "Last user", lambda d: d.last_user, optional=True),
    Column("registered_at", "First enrolled", lambda d: d.registered_at, "registered_at", optional=True),
)
ORDERS = {column.key: column.order for column in COLUMNS if column.order}
NEWEST_FIRST = frozenset({"last_contact", "registered_at"})
"""The first click on their heads shows the latest."""


def order_of(text: str) -> Order:
    """The order that an address names; the default one for an unknown name."""
    name = text.removeprefix("-")
    descending = text.startswith("-")
    if name not in ORDERS:
        name, descending = DEFAULT_SORT, False
    # Never seen is longest ago: the one index on the last contact serves both directions.
    return Order(name, ORDERS[name], descending, empty_first=not descending)


def heads(query: ListQuery, order: Order, url: str) -> list[dict[str, Any]]:
    """The head row, for components/table_head.html."""
    found = []
    for column in COLUMNS:
        current = column.key == order.name
        descending = not order.descending if current else column.key in NEWEST_FIRST
        sort = f"-{column.key}" if descending else column.key
        found.append(
            {
                "key": column.key,
                "label": column.label,
                "sort_url": f"{url}?{query.address(sort=sort)}" if column.order else "",
                "sort": ("descending" if order.descending else "ascending") if current else "",
                "css": column.css,
                "fixed": column.fixed,
                "optional": column.optional,
            }
        )
    return found


def rows_of(user: Any, ids: list[int]) -> list[Device]:
    """Devices as rows, in the order of `ids`; those that `user` may not read (any more) are missing."""
    found = {device.pk: device for device in device_list(user=user).filter(pk__in=ids).defer("search", "extra")}
    return [found[pk] for pk in ids if pk in found]


def page_of(user: Any, query: ListQuery, order: Order, *, after: str, before: str) -> Keys:
    """The keys of one page. A page before the first one is the first one; so is one of a cursor that is not ours."""
    devices = query.devices(user=user, action=Action.READ)
    if order.field.startswith("presence__"):
        devices = devices.filter(presence__isnull=False)  # an inner join, so that its index gives the order
    try:
        keys = keyset_keys(devices, order=order, limit=PAGE, after=after, before=before)
    except AppError as error:
        if error.code != "invalid_cursor":
            raise
        return keyset_keys(devices, order=order, limit=PAGE)
    if before and not keys.previous:
        return keyset_keys(devices, order=order, limit=PAGE)
    return keys


def csv_lines(user: Any, query: ListQuery, order: Order) -> Iterator[str]:
    """All devices of the list as lines of a CSV file, read in chunks so that any number of them fits."""
    yield _csv_line(column.label for column in COLUMNS)
    devices = query.devices(user=user, action=Action.READ)
    after = ""
    while True:
        keys = keyset_keys(devices, order=order, limit=CSV_CHUNK, after=after)
        for device in rows_of(user, keys.ids):
            yield _csv_line(column.value(device) for column in COLUMNS)
        if not keys.next:
            return
        after = keys.next


def _csv_line(values: Iterable[Any]) -> str:
    line = StringIO()
    csv.writer(line).writerow([_harmless(value) for value in values])
    return line.getvalue()


def _harmless(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula: devices report texts of their own choice."""
    if hasattr(value, "isoformat"):
        return str(value.isoformat(timespec="seconds"))
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") or text[:1] in ("\t", "\r", "\n") else text


def added_since(user: Any, query: ListQuery, newest: int) -> int:
    """How many devices came into the list after the one with the key `newest`."""
    return query.devices(user=user, action=Action.READ).filter(Q(pk__gt=newest)).order_by().count()
