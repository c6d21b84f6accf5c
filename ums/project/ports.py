"""What the two ports of a node's server serve: all of it, and what devices need (domain/ha.md §10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ha.nodefile import NodeFile

FOR_DEVICES = "/device-connector/"
FOR_BALANCERS = "/ums/check-status"


def serves(scope: Mapping[str, Any], node: NodeFile | None) -> bool:
    """Whether the port that a request came to has its path. Only the port for devices lacks any."""
    if node is None or node.device_port == node.web_port or scope["type"] == "lifespan":
        return True
    address, path = scope.get("server"), scope["path"]
    if not address or address[1] != node.device_port:
        return True
    return path == FOR_BALANCERS or path.startswith(FOR_DEVICES)
