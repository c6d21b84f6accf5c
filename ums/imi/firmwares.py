"""Firmwares: what IMI calls so are the catalogues of parameters, one for each version of a firmware."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ums.imi.errors import ImiError
from ums.imi.routing import Endpoint
from ums.profiles.selectors import catalogue_list

if TYPE_CHECKING:
    from ums.imi.calls import Call
    from ums.profiles.models import Catalogue


def firmware_list(call: Call) -> dict[str, Any]:
    """All firmwares, inside an object: no other list is."""
    rows = catalogue_list(user=call.user).defer("definition").order_by("pk")
    return {"FwResource": [_firmware(row) for row in rows]}


def firmware_get(call: Call, pk: int) -> dict[str, Any]:
    """One firmware."""
    row = catalogue_list(user=call.user).defer("definition").filter(pk=pk).first()
    if row is None:
        raise ImiError("0A015", f"Firmware with ID <{pk}> does not exist.")
    return _firmware(row)


def _firmware(row: Catalogue) -> dict[str, Any]:
    return {"id": str(row.pk), "product": row.name, "version": row.version, "firmwareType": row.os, "links": []}


ENDPOINTS = (
    Endpoint("GET", "firmwares", firmware_list),
    Endpoint("GET", "firmwares/{id}", firmware_get),
)
