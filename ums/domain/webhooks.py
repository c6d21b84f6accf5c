"""How requests to webhooks are signed, when they are tried again, and which addresses they may go to."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Network, IPv6Network

HEADER = "UMS-Signature"
TOLERANCE = 300
"""Seconds that the moment of a signature may be away from the receiver's clock."""

WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (10, 30, 120, 600, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600, 9 * 3600)
)
"""Between one try and the next; after the last one a delivery has failed. About a day in all."""

PAUSED_AFTER = timedelta(hours=24)
"""An endpoint that has taken nothing for so long gets nothing more until somebody resumes it."""

MANY_FAILURES = 5
"""Failures one after the other, after which only one delivery at a time is tried."""


def signature(secret: str, moment: int, body: bytes) -> str:
    """The value of HEADER: `t=<Unix time>,v1=<hex of HMAC-SHA256 of "<Unix time>.<body>">`."""
    signed = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={signed}"


def is_signed(secret: str, header: str, body: bytes, now: int) -> bool:
    """What a receiver checks: the signature is right, and not old enough to have been recorded and sent again."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    moment = parts.get("t", "")
    if not (moment.isascii() and moment.isdecimal() and len(moment) < 15) or abs(now - int(moment)) > TOLERANCE:
        return False
    return hmac.compare_digest(signature(secret, int(moment), body).encode(), header.encode())


def next_wait(tries: int) -> timedelta | None:
    """How long to wait after so many tries; None: it has failed."""
    return WAITS[tries - 1] if 0 < tries <= len(WAITS) else None


def refusal(address: str, own: Iterable[str], allowed: Iterable[IPv4Network | IPv6Network]) -> str:
    """Why no request may go to this IP address, "" when it may.

    Whoever can enter an address could otherwise let the server ask itself, or what only it can reach. `own`: addresses
    of servers of the network; `allowed`: networks that may be reached all the same.
    """
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        ip = ip.ipv4_mapped or ip.sixtofour or ip
    if any(ip in network for network in allowed):
        return ""
    if ip.is_loopback:
        return "it is an address of the server itself"
    if ip.is_link_local:
        return "it is a link-local address"
    if ip.is_multicast or ip.is_unspecified or ip.is_reserved:
        return "it is no address of one host"
    if str(ip) in set(own):
        return "it is an address of this network's servers"
    return ""
