"""Which handler answers what, and finding it.

A module of handlers ends with its ENDPOINTS; a new one is added to TABLE. A handler is called with the `Call` and what
the path has in places: `{…}` is a number (`ums.imi.calls.number_of`), `<…>` a text. It returns what becomes the JSON of
a 200, or a response; it raises ImiError, and what services raise is translated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ums.imi import (
    assets,
    assignments,
    device_changes,
    device_commands,
    devices,
    directories,
    firmwares,
    profiles,
    server,
    templates,
)
from ums.imi.calls import number_of
from ums.imi.errors import ImiError

if TYPE_CHECKING:
    from ums.imi.routing import Endpoint

TABLE: tuple[Endpoint, ...] = (
    *server.ENDPOINTS,
    *devices.ENDPOINTS,
    *device_changes.ENDPOINTS,
    *device_commands.ENDPOINTS,
    *profiles.ENDPOINTS,
    *directories.ENDPOINTS,
    *assignments.ENDPOINTS,
    *firmwares.ENDPOINTS,
    *templates.ENDPOINTS,
    *assets.ENDPOINTS,
)


def find(method: str, segments: list[str]) -> tuple[Endpoint, list[Any]]:
    """The endpoint of a path below the version, and the values of its places.

    Raises ImiError 0A020 (no such path), 0A011 (another verb), 0A010 (a place for a number has none).
    """
    elsewhere = False
    for endpoint in TABLE:
        pattern = endpoint.path.split("/")
        if len(pattern) != len(segments):
            continue
        pairs = list(zip(pattern, segments, strict=True))
        if any(part[0] not in "{<" and part != given for part, given in pairs):
            continue
        if endpoint.method == method:
            places = [(part, given) for part, given in pairs if part[0] in "{<"]
            return endpoint, [number_of(given) if part[0] == "{" else given for part, given in places]
        elsewhere = True
    if elsewhere:
        raise ImiError("0A011", f"Request method '{method}' not supported")
    raise ImiError("0A020", f"No handler found for {method} /umsapi/v3/{'/'.join(segments)}"[:500])
