"""`ums server`: the UMS Server of a node. Its worker is a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ums.project.node.programs import program
from ums.project.prepare import listening_socket, superuser
from ums.project.serving import Server, configuration, put_right

if TYPE_CHECKING:
    from pathlib import Path

    from ha.nodefile import NodeFile


def server() -> int:
    """Serve until SIGTERM or Ctrl-C. Returns the exit code; a failed start is one line on stderr."""
    return program("ums", _serve, migrate=True)


def _serve(data: Path, node: NodeFile) -> int:
    from ums.project.network import Membership
    from ums.project.renewal import Renewal
    from ums.project.tls import server_files

    with listening_socket(node.bind, node.web_port) as web, listening_socket(node.bind, node.device_port) as devices:
        superuser(data)
        put_right()
        config = configuration(server_files(data, node.bind, node.address))
        serving = Server(config, Membership(node), Renewal(data, node.bind, node.address))
        serving.run(sockets=[web, devices])
    return 0 if serving.started else 1
