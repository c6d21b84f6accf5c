"""A small catalogue, and values of all kinds, for the tests of parameters."""

from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from ums.domain.parameters import (
    Parameter,
)

CATALOGUE: dict[str, Any] = {
    "format": "ums-catalogue/1",
    "name": "Demo",
    "version": "1.0.0",
    "os": "demo",
    "pages": [
        {"id": "sessions", "title": "Sessions", "parent": None},
        {"id": "sessions.rdp", "title": "RDP", "parent": "sessions"},
        {"id": "displays", "title": "Displays", "parent": None},
    ],
    "classes": [
        {"path": "sessions.rdp%", "kind": "free", "label": "RDP session", "name_parameter": "name"},
        {"path": "userinterface.display%", "kind": "fixed", "label": "Display", "indices": [0, 1]},
    ],
    "parameters": [
        {"path": "sessions.rdp%.name", "page": "sessions.rdp", "type": "string", "default": "RDP", "label": "Name"},
        {
            "path": "sessions.rdp%.port",
            "page": "sessions.rdp",
            "group": "Connection",
            "type": "integer",
            "default": 3389,
            "minimum": 1,
            "maximum": 65535,
            "label": "Port",
            "help": "Where the server listens.",
        },
        {
            "path": "userinterface.display%.rotation",
            "page": "displays",
            "type": "range",
            "default": "0",
            "choices": [["0", "None"], ["90", "Left"]],
            "label": "Rotation",
        },
        {
            "path": "network.dns.hostname",
            "page": "displays",
            "type": "string",
            "default": "",
            "pattern": "[A-Za-z0-9-]{1,63}",
            "label": "Host name",
            "help": "Letters, digits and hyphens.",
            "system_setting": True,
            "machinespecific": True,
            "runtime": False,
        },
    ],
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
VALUES = (
    st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30)
)


def parameter(kind: str, **fields: Any) -> Parameter:
    return Parameter(path="x", type=kind, default="", label="X", help=fields.pop("help", ""), page="p", **fields)  # type: ignore[arg-type]


def catalogue(**changes: Any) -> dict[str, Any]:
    return deepcopy(CATALOGUE) | changes
