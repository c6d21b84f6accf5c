"""What a field of the network may hold."""

from __future__ import annotations

import re
from ipaddress import ip_address

from django.core.exceptions import ValidationError

LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)


def is_host(text: str) -> None:
    """A DNS name or an IP address, without port and scheme. Raises ValidationError."""
    try:
        ip_address(text)
        return
    except ValueError:
        pass
    name = text.removesuffix(".")
    if len(name) > 253 or not all(LABEL.fullmatch(label) for label in name.split(".")):
        raise ValidationError("A host name or an IP address, please, without port: ums.example.org")
