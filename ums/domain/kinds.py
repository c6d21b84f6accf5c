"""What a kind of profile may set: all, the parameters of one use case, or the six fields of an update source.

domain/profiles.md §1, §6; docs/adr/0005 says why these are kinds of profile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ums.domain.parameters import Catalogue, Settings

CUSTOMIZATION, UPDATE = "customization", "update"

UPDATE_FIELDS = (
    "update.protocol",
    "update.server",
    "update.port",
    "update.path",
    "update.user",
    "update.password",
)
"""What a universal firmware update replaces in every profile, priority profiles included."""


def settable(catalogue: Catalogue, kind: str, use_case: str = "") -> frozenset[str] | None:
    """Paths of the parameters that a profile of the kind may set, members of classes with “%”; None for all."""
    if kind == CUSTOMIZATION:
        return frozenset(path for path, one in catalogue.parameters.items() if use_case and one.use_case == use_case)
    if kind == UPDATE:
        return frozenset(path for path in UPDATE_FIELDS if path in catalogue.parameters)
    return None


def refused(catalogue: Catalogue, settings: Settings, kind: str, use_case: str = "") -> dict[str, str]:
    """What settings set and the kind may not: a message by path, "serial:name", or serial of an instance."""
    allowed = settable(catalogue, kind, use_case)
    if allowed is None:
        return {}
    message = _MESSAGES[kind]
    found = {path: message for path in settings.values if not _in(catalogue, path, allowed)}
    for serial, instance in settings.instances.items():
        if not any(path.startswith(f"{instance.cls}.") for path in allowed):
            found[serial] = message
        else:
            found |= {
                f"{serial}:{name}": message for name in instance.values if f"{instance.cls}.{name}" not in allowed
            }
    return found


_MESSAGES = {
    CUSTOMIZATION: "This does not belong to the use case of the firmware customization.",
    UPDATE: "A universal firmware update sets the six fields of the update source only.",
}


def _in(catalogue: Catalogue, path: str, allowed: frozenset[str]) -> bool:
    parameter = catalogue.find(path)
    return parameter is not None and parameter.path in allowed
