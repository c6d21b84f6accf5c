"""Who sent a request, told by proxies."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest

from ums.core.middleware import forwarded_address, trust_balancers


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "expected"),
    [
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "192.0.2.66, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, <script>, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "2001:db8::5", "2001:db8::5"),
        ("10.0.0.1", "2001:DB8:0::5", "2001:db8::5"),
        ("::ffff:10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("::ffff:198.51.100.7", "203.0.113.9", "198.51.100.7"),
    ],
)
def test_only_addresses_that_trusted_proxies_pass_on_count(
    settings: Any, peer: str, forwarded_for: str, expected: str
) -> None:
    settings.UMS_TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]
    assert forwarded_address(peer, forwarded_for) == expected


def test_load_balancers_of_the_network_are_believed_until_they_are_gone(settings: Any) -> None:
    settings.UMS_TRUSTED_PROXIES = []
    try:
        trust_balancers({"10.0.0.1", "2001:db8::1"})
        assert forwarded_address("::ffff:10.0.0.1", "203.0.113.9") == "203.0.113.9"
        assert forwarded_address("2001:DB8::0:1", "203.0.113.9") == "203.0.113.9"
        assert forwarded_address("10.0.0.1", "203.0.113.9") == "203.0.113.9"
        assert forwarded_address("10.0.0.2", "203.0.113.9") == "10.0.0.2"
        trust_balancers([])
        assert forwarded_address("10.0.0.1", "203.0.113.9") == "10.0.0.1"
    finally:
        trust_balancers([])


def test_nonsense_from_a_trusted_proxy_does_not_break_the_metrics(client: Any, settings: Any) -> None:
    settings.UMS_TRUSTED_PROXIES = [ip_network("127.0.0.0/8")]
    answer = client.get("/metrics", headers={"X-Forwarded-For": "not an address"}, secure=True)
    assert answer.status_code in (200, 403)
