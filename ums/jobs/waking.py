"""Sends Wake on LAN packets. Nobody answers them: a packet that went out is all that can be known."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import structlog

from ums.domain.wake import magic_packet

if TYPE_CHECKING:
    from collections.abc import Iterable

PORT = 9

log = structlog.get_logger("ums.jobs")


def wake(packets: Iterable[tuple[str, str]], port: int = PORT) -> None:
    """Send packets for (MAC address, destination). What cannot be sent is logged."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sender.setblocking(False)
        for mac, destination in packets:
            try:
                sender.sendto(magic_packet(mac), (destination, port))
            except OSError as error:
                log.warning("wake_not_sent", destination=destination, why=str(error))
