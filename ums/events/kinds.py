"""Every kind of public event, declared once by the app that makes it. An undeclared one is a defect.

All that the audit log knows is one (`ums.audit.catalogue` declares them here); what devices and processes do by
themselves is declared beside it.
"""

from __future__ import annotations

KINDS: dict[str, str] = {}


def declare_kinds(**kinds: str) -> None:
    """Add kinds: `device__online="A device connected."` is “device.online”."""
    for name, meaning in kinds.items():
        KINDS[name.replace("__", ".")] = meaning
