"""Wake on LAN packets."""

from __future__ import annotations

import pytest

from ums.domain.wake import destinations, magic_packet


@pytest.mark.parametrize("mac", ["00e0c5aabbcc", "00:E0:C5:AA:BB:CC", "00-e0-c5-aa-bb-cc"])
def test_a_packet_is_made_of_the_address(mac: str) -> None:
    packet = magic_packet(mac)
    assert len(packet) == 102 and packet[:6] == b"\xff" * 6 and packet[6:12] == bytes.fromhex("00e0c5aabbcc")
    assert packet[6:] == packet[6:12] * 16


@pytest.mark.parametrize("mac", ["", "00e0c5aabb", "00e0c5aabbcg", "vm-1"])
def test_what_is_no_address(mac: str) -> None:
    with pytest.raises(ValueError, match="no MAC address"):
        magic_packet(mac)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("10.1.2.3", ("255.255.255.255", "10.1.2.255")),
        ("", ("255.255.255.255",)),
        ("2001:db8::1", ("255.255.255.255",)),
    ],
)
def test_where_packets_go(address: str, expected: tuple[str, ...]) -> None:
    assert destinations(address) == expected
