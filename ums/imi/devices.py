"""Devices: read, created, changed, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ums.core.access import Action, require, restrict
from ums.devices.models import Device
from ums.devices.selection import ListQuery
from ums.devices.selectors import saved_view_list
from ums.imi.answers import in_parts
from ums.imi.device_rows import shown
from ums.imi.errors import ImiError
from ums.imi.routing import Endpoint

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import StreamingHttpResponse

    from ums.imi.calls import Call


def device_list(call: Call) -> StreamingHttpResponse:
    """All devices that the caller may read."""
    return listed(call, restrict(Device.objects.all(), call.user, Action.READ))


def listed(call: Call, devices: QuerySet[Device]) -> StreamingHttpResponse:
    """Many devices with the facets of the call, sent in parts."""
    return in_parts(call.request, shown(user=call.user, devices=devices, facets=call.facets))


def device_get(call: Call, pk: int) -> dict[str, Any]:
    """One device, with its last user."""
    device = found(call, pk)
    rows = Device.objects.filter(pk=device.pk)
    (item,) = shown(user=call.user, devices=rows, facets=call.facets)
    return {**item, "lastUser": device.last_user}


def devices_of_view(call: Call, pk: int) -> StreamingHttpResponse:
    """The devices that a saved view shows the caller. Raises ImiError 0A001."""
    view = saved_view_list(user=call.user).filter(pk=pk).first() if pk > 0 else None
    if view is None:
        raise ImiError("0A001", f"View with ID <{pk}> not found.")
    query = ListQuery(directory=view.directory_id, text=view.filter)
    return listed(call, query.devices(user=call.user, action=Action.READ))


def found(call: Call, pk: int, action: str = Action.READ) -> Device:
    """A device that may be browsed. Raises ImiError 0A001, NotAllowed when `action` is not allowed with it."""
    rows = restrict(Device.objects.all(), call.user, Action.BROWSE)
    device = rows.filter(pk=pk).first() if pk > 0 else None
    if device is None:
        raise missing(pk)
    require(call.user, action, device)
    return device


def missing(pk: int) -> ImiError:
    """There is no such device, or not for the caller."""
    return ImiError("0A001", f"Thin client with ID <{pk}> not found.")


ENDPOINTS = (
    Endpoint("GET", "thinclients", device_list),
    Endpoint("GET", "thinclients/{id}", device_get),
    Endpoint("GET", "thinclientview/{id}", devices_of_view),
)
