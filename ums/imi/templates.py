"""Template keys: made, given values, read, and the values assigned. Ids are numbers here, not texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ums.core.among import among
from ums.core.errors import AppError
from ums.devices.models import Directory, DirectoryKind
from ums.devices.selectors import directory_list
from ums.imi.calls import number_of, text_of
from ums.imi.devices import found
from ums.imi.errors import ImiError
from ums.imi.routing import Endpoint
from ums.imi.trees import DEVICES
from ums.profiles.keys import key_list, value_list
from ums.profiles.models import KeyType, TemplateKey, TemplateValue
from ums.profiles.services import key_create, templates_assign, value_create

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ums.devices.models import Device
    from ums.imi.calls import Call

TYPES = {
    "StringType": KeyType.STRING.value,
    "CheckboxType": KeyType.CHECKBOX.value,
    "IntegerType": KeyType.INTEGER.value,
    "FloatType": KeyType.FLOAT.value,
}
NAMES = {kind: name for name, kind in TYPES.items()}


def create(call: Call) -> dict[str, Any]:
    """A new key, at the top of the tree of template keys unless the body names a directory there."""
    given = call.object()
    name = text_of(given.get("name")).strip()
    if not name:
        raise ImiError("0A013", "No valid property found in body.")
    directory = _directory(call, given.get("parentID"))
    try:
        key = key_create(actor=call.actor, name=name, directory=directory, type=_type(given))
    except AppError as error:
        raise _twice(error, TemplateKey.objects.filter(name__iexact=name).exists()) from error
    return {"id": key.pk, "name": key.name, "message": "Template key successfully created."}


def create_value(call: Call, pk: int) -> dict[str, Any]:
    """A new value of a key."""
    given = call.object()
    key = _key(call, pk)
    if given.get("type") and _type(given) != key.type:
        raise ImiError("0A013", f"The values of <{pk}> are of the type {NAMES[key.type]}.")
    value, description = given.get("value"), text_of(given.get("description"))
    try:
        row = value_create(actor=call.actor, key=key, value=value, description=description)
    except AppError as error:
        raise _twice(error, key.values.filter(value=value).exists()) from error
    return {"id": row.pk, "value": row.value, "message": "Template value successfully created."}


def read(call: Call, pk: int) -> list[dict[str, Any]]:
    """The values of a key; each names it as its parent."""
    key = _key(call, pk)
    rows = value_list(user=call.user).filter(key=key).order_by("pk")
    return [
        {
            "id": row.pk,
            "value": row.value,
            "name": key.name,
            "parentId": key.pk,
            "description": row.description,
            "type": NAMES[key.type],
        }
        for row in rows
    ]


def assign_device(call: Call) -> dict[str, str]:
    """Assign values to a device."""
    given = call.object()
    _assign(call, given, [found(call, number_of(given.get("tcId")))])
    return {"message": "Template value successfully assigned to device."}


def assign_directory(call: Call) -> dict[str, str]:
    """Assign values to a directory of devices."""
    given = call.object()
    number = number_of(given.get("dirId"))
    directory = DEVICES.directory(call.user, number)
    if directory is None:
        raise ImiError("0A002", f"Directory with ID <{number}> not found.")
    _assign(call, given, [directory])
    return {"message": "Template value successfully assigned to device directory."}


def _assign(call: Call, given: dict[str, Any], targets: Sequence[Device | Directory]) -> None:
    pairs = given.get("template")
    if not isinstance(pairs, list) or not all(isinstance(pair, dict) for pair in pairs):
        raise ImiError("0A004", "Invalid body: template is a list of objects with templateId and valueId.")
    if not pairs:
        raise ImiError("0A012", "IDList is empty.")
    wanted = [(number_of(pair.get("templateId")), number_of(pair.get("valueId"))) for pair in pairs]
    there = {row.pk: row for row in value_list(user=call.user).filter(pk__in=among({value for _, value in wanted}))}
    values: dict[int, TemplateValue] = {}
    for key, value in wanted:
        row = there.get(value)
        if row is None or row.key_id != key:
            raise ImiError("0A021", f"Invalid assignment: template key <{key}> has no value <{value}>.")
        values[value] = row
    templates_assign(actor=call.actor, targets=targets, values=list(values.values()))


def _key(call: Call, pk: int) -> TemplateKey:
    row = key_list(user=call.user).filter(pk=pk).first()
    if row is None:
        raise ImiError("0A001", f"Template key with ID <{pk}> not found.")
    return row


def _directory(call: Call, parent: Any) -> Directory:
    rows = directory_list(user=call.user, kind=DirectoryKind.TEMPLATE)
    row = rows.filter(parent=None).first() if parent in (None, "") else rows.filter(pk=number_of(parent)).first()
    if row is None:
        raise ImiError("0A016", f"Parent with ID <{parent}> does not exist.")
    return row


def _type(given: dict[str, Any]) -> str:
    name = text_of(given.get("type")) or "StringType"
    if name not in TYPES:
        raise ImiError("0A013", f"There is no type {name[:50]}. There are {', '.join(TYPES)}.")
    return TYPES[name]


def _twice(error: AppError, there: bool) -> AppError | ImiError:
    return ImiError("0A008", error.message) if error.code == "invalid" and there else error


ENDPOINTS = (
    Endpoint("PUT", "template", create),
    Endpoint("PUT", "template/{id}/value", create_value),
    Endpoint("GET", "template/{id}/read", read),
    Endpoint("PUT", "template/assign/tc", assign_device),
    Endpoint("PUT", "template/assign/dir", assign_directory),
)
