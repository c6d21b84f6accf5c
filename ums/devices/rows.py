"""The rows of the device list as HTML.

Written here and not in a template: a page of 100 rows has 3,000 values, which a template takes longer to fill in than
the database to find. What stands between the values comes from templates, once a process.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.template import engines
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ums.devices.models import Device

ROW = (
    '<tr data-id="{pk}" data-kind="device" data-label="{name}" draggable="true" data-drop="profile"'
    ' data-drop-kind="device" data-menu-url="{base}{pk}/menu">'
    '<td class="col-select"><input type="checkbox" data-select aria-label="Select {name}"></td>'
    '<td><a class="cell-main" data-open href="{base}{pk}/">{name}</a></td>'
    '<td>{status}</td><td title="{error}">{settings}</td><td class="mid">{directory}</td><td class="low">{product}</td>'
    '<td class="rare">{firmware}</td><td class="low">{ip_address}</td><td class="mid">{last_contact}</td>'
    '<td class="rare">{site}</td><td>{department}</td><td><code>{unit_id}</code></td><td>{serial_number}</td>'
    "<td>{asset_id}</td><td>{cost_centre}</td><td>{network_name}</td><td>{last_user}</td>"
    "<td>{registered_at}</td>"
    '<td class="col-menu"><button class="icon-button" type="button" data-row-menu aria-label="Actions for {name}">'
    "{more}</button></td></tr>\n"
)
"""In the order of `ums.devices.tables.COLUMNS`."""


def rows_html(devices: Iterable[Device]) -> SafeString:
    """The rows, as `components/table_head.html` expects them below it."""
    base, more = reverse("devices:device_list"), _drawn('{% icon "ellipsis" %}')
    return mark_safe("".join(_row(device, base, more) for device in devices))  # noqa: S308 - all values are escaped


def _row(device: Device, base: str, more: str) -> str:
    return ROW.format(
        pk=device.pk,
        base=base,
        more=more,
        name=escape(device.name),
        status=_drawn("{% presence name %}", device.status),  # type: ignore[attr-defined]
        settings=_drawn("{% status name %}", device.state.progress),
        error=escape(device.state.error),
        directory=escape(device.directory.name),
        product=escape(device.product),
        firmware=escape(f"{device.firmware} {device.firmware_version}"),
        ip_address=escape(device.ip_address),
        last_contact=_moment(device.presence.last_contact),
        site=escape(device.site),
        department=escape(device.department),
        unit_id=escape(device.unit_id),
        serial_number=escape(device.serial_number),
        asset_id=escape(device.asset_id),
        cost_centre=escape(device.cost_centre),
        network_name=escape(device.network_name),
        last_user=escape(device.last_user),
        registered_at=_moment(device.registered_at),
    )


@cache
def _drawn(tag: str, name: str | None = "") -> str:
    """A tag of the console's library, drawn."""
    return str(engines["django"].from_string("{% load ui %}" + tag).render({"name": name}))


def _moment(moment: datetime | None) -> str:
    """As `{% when %}` writes it."""
    if moment is None:
        return _drawn("{% when name %}", None)
    local = timezone.localtime(moment)
    return f'<time datetime="{moment.isoformat(timespec="seconds")}">{local:%Y-%m-%d %H:%M:%S %Z}</time>'
