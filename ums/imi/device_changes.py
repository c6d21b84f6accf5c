"""Creating devices, changing and deleting them.

A device that is created has its MAC address as unit ID, as agents choose it: when it enrols it is this one.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from ums.core.access import Action
from ums.core.errors import AppError
from ums.devices.services import device_create, device_delete, device_update
from ums.imi.calls import number_of, text_of
from ums.imi.devices import found
from ums.imi.errors import ImiError
from ums.imi.routing import Endpoint
from ums.imi.trees import DEVICES
from ums.profiles.selectors import catalogue_list

if TYPE_CHECKING:
    from ums.devices.models import Directory
    from ums.imi.calls import Call

TEXTS = {
    "name": "name",
    "site": "site",
    "department": "department",
    "costCenter": "cost_centre",
    "lastIP": "ip_address",
    "comment": "comment",
    "assetID": "asset_id",
    "serialNumber": "serial_number",
}
"""What our properties are called here."""

DAYS = ("%Y-%m-%d", "%d.%m.%Y")
_MAC = re.compile(r"[0-9A-Fa-f]{12}")


def device_put(call: Call) -> dict[str, str]:
    """Create a device. Raises ImiError 0A007, 0A008, 0A009, 0A014 to 0A016, 0A024, and what `properties_in` raises."""
    given = call.object()
    mac = text_of(given.get("mac"))
    if not mac:
        raise ImiError("0A007", "No MAC address given.")
    if not _MAC.fullmatch(mac):
        raise ImiError("0A014", "The MAC address must have 12 characters, digits and letters from A to F.")
    firmware = _firmware(call, given.get("firmwareID"))
    directory = _parent(call, given.get("parentID"))
    properties = {name: value for name, value in properties_in(given).items() if value}
    unit_id = mac.upper()
    try:
        device = device_create(actor=call.actor, unit_id=unit_id, directory=directory, firmware=firmware, **properties)
    except AppError as error:
        if "unit_id" in error.fields:
            raise ImiError("0A008", f"Duplicate key: a device with MAC address {unit_id} exists.") from error
        raise _refused(error, properties) from error
    parent = DEVICES.numbered(directory)
    return {
        "message": "Thin client successfully inserted.",
        "id": str(device.pk),
        "name": device.name,
        "parentID": parent,
    }


def device_change(call: Call, pk: int) -> dict[str, str]:
    """Change what is given; an empty text clears it. Raises ImiError 0A013 without anything to change, 0A024."""
    device = found(call, pk, Action.WRITE)
    given = call.object()
    properties = properties_in(given)
    if not properties and not given.keys() & {"deviceAttributes"}:
        raise ImiError("0A013", "No valid property found in request body.")
    try:
        if properties:
            device_update(actor=call.actor, device=device, **properties)
    except AppError as error:
        raise _refused(error, properties) from error
    return {"message": "Update successful"}


def device_delete_offline(call: Call, pk: int) -> dict[str, str]:
    """Delete a device without telling it first."""
    device_delete(actor=call.actor, device=found(call, pk, Action.WRITE))
    return {"message": "Offline deletion successful"}


def properties_in(given: dict[str, Any]) -> dict[str, Any]:
    """The properties in a body, as services take them. Raises ImiError 0A004, 0A013."""
    properties: dict[str, Any] = {ours: text_of(given[key]) for key, ours in TEXTS.items() if key in given}
    if "inserviceDate" in given:
        properties["in_service_date"] = _day(text_of(given["inserviceDate"]))
    if given.get("deviceAttributes"):
        raise ImiError("0A013", "This server has no device attributes.")
    return properties


def _refused(error: AppError, properties: dict[str, Any]) -> Exception:
    if "name" in error.fields:
        return ImiError("0A024", f"Invalid thin client name <{properties.get('name', '')[:50]}>: {error.message}")
    return error


def _day(text: str) -> date | None:
    for form in DAYS:
        try:
            return datetime.strptime(text, form).date() if text else None  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise ImiError("0A013", f"“{text[:50]}” is no date: write 2015-06-01 or 01.06.2015.")


def _firmware(call: Call, value: Any) -> tuple[str, str]:
    if value in (None, ""):
        raise ImiError("0A009", "No firmware ID given.")
    number = number_of(value)
    rows = catalogue_list(user=call.user).filter(pk=number) if number > 0 else None
    row = rows.values_list("name", "version").first() if rows is not None else None
    if row is None:
        raise ImiError("0A015", f"Firmware with ID <{number}> does not exist.")
    return row


def _parent(call: Call, value: Any) -> Directory:
    number = DEVICES.root if value in (None, "") else number_of(value)
    directory = DEVICES.directory(call.user, number)
    if directory is None:
        raise ImiError("0A016", f"Parent with ID <{number}> does not exist.")
    return directory


ENDPOINTS = (
    Endpoint("PUT", "thinclients", device_put),
    Endpoint("PUT", "thinclients/{id}", device_change),
    Endpoint("DELETE", "thinclients/{id}/deletetcoffline", device_delete_offline),
)
