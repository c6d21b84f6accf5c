"""Every kind of event, declared once by the app that records it. An undeclared one is a defect."""

from __future__ import annotations

from ums.events.kinds import declare_kinds

EVENTS: dict[str, str] = {}


def declare(**events: str) -> None:
    """Add kinds of events: `device__moved="A device was moved to another directory."` is “device.moved”.

    Each is a public event as well.
    """
    declare_kinds(**events)
    for name, meaning in events.items():
        EVENTS[name.replace("__", ".")] = meaning
