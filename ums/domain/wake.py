"""Wake on LAN: the packet that a sleeping device waits for, and where it has to go."""

from __future__ import annotations

import re
from ipaddress import IPv4Address

EVERYBODY = "255.255.255.255"
"""The network that the server is in."""

_DIGITS = re.compile(r"[0-9A-Fa-f]{12}")


def magic_packet(mac: str) -> bytes:
    """Six bytes of ones, then the address sixteen times. Raises ValueError for what is no MAC address."""
    digits = mac.replace(":", "").replace("-", "")
    if not _DIGITS.fullmatch(digits):
        raise ValueError(f"“{mac}” is no MAC address.")
    return b"\xff" * 6 + bytes.fromhex(digits) * 16


def destinations(address: str) -> tuple[str, ...]:
    """Broadcast addresses for a device that was last seen at `address`: the server's network, and the /24 of an IPv4
    address. Routers pass the second on where they are told to."""
    try:
        last = IPv4Address(address)
    except ValueError:
        return (EVERYBODY,)
    return (EVERYBODY, str(IPv4Address(int(last) | 255)))
