"""Commands to devices, and deleting a device that is told of it.

1. A command goes to devices that are connected. The others are reported FAILED, and nothing waits for them: whoever
   reads FAILED must not find the device rebooted the next day.
2. SUCCESS says that the command is on its way, as in the original; what became of it stands in the console.
3. Wake on LAN goes to all that have a MAC address: a packet that nobody acknowledges.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ums.core.access import Action, restrict
from ums.core.among import among
from ums.core.errors import NotAllowed
from ums.devices.models import Device
from ums.devices.services import device_delete
from ums.domain.protocol import CommandKind
from ums.imi.calls import number_of
from ums.imi.device_rows import shown
from ums.imi.devices import found, missing
from ums.imi.errors import ImiError
from ums.imi.routing import Endpoint
from ums.jobs.services import commands_give, devices_wake

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from ums.imi.calls import Call

COMMANDS = {
    "reboot": CommandKind.REBOOT,
    "shutdown": CommandKind.SHUTDOWN,
    "settings2tc": CommandKind.SETTINGS,
    "tcreset2facdefs": CommandKind.FACTORY_RESET,
    "wakeup": None,
}
"""What each command is here; None: no command to a device, it sleeps."""

OK = "OK"
AWAY = "The device is not connected"
NO_ADDRESS = "Found no IP address for device"
NO_MAC = "Found no MAC address for device"


def command(call: Call) -> dict[str, Any]:
    """Give one command to devices, all of which must be there and allowed. Raises ImiError 0A001, 0A003, 0A012."""
    name = call.query("command")
    if name not in COMMANDS:
        raise ImiError("0A003", f"[{name[:50]}] is an invalid command.")
    given = call.objects()
    if not given:
        raise ImiError("0A012", "IDList is empty.")
    if any(one.get("type", "tc") != "tc" for one in given):
        raise ImiError("0A004", "Invalid body: the type of each object must be tc")
    ids = list(dict.fromkeys(number_of(one.get("id")) for one in given))
    devices = _all(call, ids)
    items = {int(item["id"]): item for item in shown(user=call.user, devices=devices, facets=["online"])}
    told = _wake if COMMANDS[name] is None else _give
    messages = told(call, name, devices, items)
    return executed([(items[pk], messages[pk]) for pk in ids], with_mac=name != "tcreset2facdefs")


def device_delete_online(call: Call, pk: int) -> dict[str, Any]:
    """Delete a device that is connected, which learns of it at once; one that is not stays."""
    device = found(call, pk, Action.WRITE)
    (item,) = shown(user=call.user, devices=Device.objects.filter(pk=pk), facets=["online"])
    if item["online"]:
        device_delete(actor=call.actor, device=device)
    return executed([(item, _message(item))])


def executed(results: list[tuple[dict[str, Any], str]], *, with_mac: bool = True) -> dict[str, Any]:
    """The answer to a command, from devices and what to say of each."""
    now = time.time_ns() // 1_000_000
    return {
        "CommandExecList": [
            {
                "execID": f"ID-ums-{now}-{item['id']}-{number}",
                "id": item["id"],
                **({"mac": item["mac"]} if with_mac else {}),
                "exectime": str(now),
                "message": message,
                "state": "SUCCESS" if message == OK else "FAILED",
            }
            for number, (item, message) in enumerate(results)
        ]
    }


def _all(call: Call, ids: list[int]) -> QuerySet[Device]:
    rows = Device.objects.filter(pk__in=among(ids))
    browsed = set(restrict(rows, call.user, Action.BROWSE).order_by().values_list("pk", flat=True))
    for pk in ids:
        if pk not in browsed:
            raise missing(pk)
    if restrict(rows, call.user, Action.COMMAND).count() != len(ids):
        raise NotAllowed("You may not send commands to all of these devices.")
    return rows


def _give(call: Call, name: str, devices: QuerySet[Device], items: dict[int, dict[str, Any]]) -> dict[int, str]:
    kind = COMMANDS[name]
    connected = [pk for pk, item in items.items() if item["online"]]
    if connected and kind is not None:
        target = items[connected[0]]["name"] if len(connected) == 1 else f"{len(connected):,} devices"
        commands_give(actor=call.actor, devices=devices.filter(pk__in=among(connected)), kind=kind, target=target)
    return {pk: _message(item) for pk, item in items.items()}


def _wake(call: Call, name: str, devices: QuerySet[Device], items: dict[int, dict[str, Any]]) -> dict[int, str]:
    target = next(iter(items.values()))["name"] if len(items) == 1 else f"{len(items):,} devices"
    macs = {pk: item["mac"] for pk, item in items.items()}
    devices_wake(actor=call.actor, devices=devices, macs=macs, target=target)
    return {pk: OK if mac else NO_MAC for pk, mac in macs.items()}


def _message(item: dict[str, Any]) -> str:
    return OK if item["online"] else AWAY if item["lastIP"] else NO_ADDRESS


ENDPOINTS = (
    Endpoint("POST", "thinclients", command),
    Endpoint("DELETE", "thinclients/{id}", device_delete_online),
)
