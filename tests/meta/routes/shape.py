"""What the lines of the tables of routes are made of.

Every route and who may use it stands in one of the modules of this package. A route that is not listed fails the suite;
so does one that answers otherwise. To add a route, add a line to the ROUTES of the module that fits:

    Route("devices:device_page", SEEING, at={"pk": "device"}),
    Route("devices:device_move", WRITING, "POST", at={"pk": "device"}, data={"directory": "directory"}),

1. The first argument is the name of the route as `reverse` takes it; the path for one without a name.
2. The second is the status that each of the five gets, in the order of `tests.cast.ROLES`: root, admin, reader,
   stranger, anonymous. `login` is a redirect to the sign-in page. The usual ones have names below.
3. The method is GET unless told. A class-based view needs one line for each of its methods.
4. `at` fills the path, `data` the form, `json` a body, `query` the part behind “?”. Their texts name a thing of the
   cast (`tests/cast.py`): "device" is its primary key, "device.unit_id" an attribute; a text that starts with "=" is
   taken as it stands behind it.
5. What the admin must not reach is tried with "elsewhere", a device in a directory that only root may see:
   `Route("devices:device_page", "200 404 404 404 login", at={"pk": "elsewhere"})`.

Each of the five is asked in a transaction that is rolled back, so they do not see each other's changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

OPEN = "200 200 200 200 200"
"""Anybody, signed in or not."""
SIGNED_IN = "200 200 200 200 login"
"""Every administrator."""
SEEING = "200 200 200 404 login"
"""Who may read the thing; for the others it does not exist."""
WRITING = "200 200 403 404 login"
"""Who may change the thing; who may only read it is told so."""
ROOT_ONLY = "200 403 403 403 login"
"""Things of the whole network."""

API_SIGNED_IN = "200 200 200 200 401"
API_SEEING = "200 200 200 404 401"
API_WRITING = "200 200 403 404 401"
API_ROOT_ONLY = "200 403 403 403 401"


@dataclass(frozen=True)
class Route:
    """One route and method, and how to ask for it."""

    name: str
    expected: str
    method: str = "GET"
    at: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    json: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    path: str = ""
    """For a route that matches everything: an example."""


@dataclass(frozen=True)
class Budget:
    """The most queries that an answer with a list may take for root.

    One line for each page, fragment or API route that lists rows. A list of a few rows and one of many must also take
    the same number of queries.
    """

    name: str
    queries: int
    at: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
