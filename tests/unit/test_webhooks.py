"""Signing, waiting, and where requests may go."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network

import pytest

from ums.domain.webhooks import TOLERANCE, WAITS, is_signed, next_wait, refusal, signature

BODY = b'{"kind":"device.online"}'


def test_an_example() -> None:
    """As docs/events.md has it, for those who write a receiver."""
    expected = "04b71cfa635604f490ecab3ab37a1191a57b23ea017799fca3d69e6af8ca70fc"
    assert signature("whsec_example", 1_700_000_000, BODY) == f"t=1700000000,v1={expected}"


def test_what_was_signed_is_signed() -> None:
    header = signature("secret", 1000, BODY)
    assert is_signed("secret", header, BODY, 1000)
    assert is_signed("secret", header, BODY, 1000 + TOLERANCE)
    assert not is_signed("secret", header, BODY, 1001 + TOLERANCE)
    assert not is_signed("other", header, BODY, 1000)
    assert not is_signed("secret", header, BODY + b" ", 1000)
    assert not is_signed("secret", header.replace("t=1000", "t=1001"), BODY, 1000)


@pytest.mark.parametrize("header", ["", "t=", "t=1000", "v1=00", "t=x,v1=00", "t=1000,v1=é", "t=" + "9" * 99])
def test_what_is_no_signature(header: str) -> None:
    assert not is_signed("secret", header, BODY, 1000)


def test_waits_grow_and_end() -> None:
    waits = [next_wait(tries) for tries in range(1, len(WAITS) + 1)]
    assert waits == sorted(WAITS)
    assert sum(WAITS, timedelta()) > timedelta(hours=24)
    assert next_wait(len(WAITS) + 1) is None


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("192.0.2.1", True),
        ("10.1.2.3", True),
        ("2001:db8::1", True),
        ("127.0.0.1", False),
        ("127.9.9.9", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False),
        ("169.254.169.254", False),
        ("fe80::1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("10.0.0.7", False),
        ("::ffff:10.0.0.7", False),
    ],
)
def test_addresses(address: str, allowed: bool) -> None:
    assert (refusal(address, ["10.0.0.7"], []) == "") is allowed
    assert refusal(address, ["10.0.0.7"], [ip_network("0.0.0.0/0"), ip_network("::/0")]) == ""
