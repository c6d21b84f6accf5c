"""`ums balancer`: the load balancer of a node as a process of the network."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

from ums.project.node.programs import program
from ums.project.prepare import StartError

if TYPE_CHECKING:
    from pathlib import Path

    from ha.balancer.process import Balancer
    from ha.heartbeat import Heartbeat
    from ha.nodefile import NodeFile
    from ha.services import Figures


def balancer() -> int:
    """Balance until SIGTERM or Ctrl-C. Returns the exit code; a failed start is one line on stderr. Needs no database:
    the servers that were there at last are in a file."""
    return program("balancer", _run, migrate=False)


def _run(data: Path, node: NodeFile) -> int:
    from ha.balancer.haproxy import NotStarted, find
    from ha.balancer.process import Balancer
    from ums.project.network import join_bus
    from ums.project.renewal import Renewal

    path = find()
    if path is None:
        raise StartError("HAProxy is not installed: install the package haproxy, 2.6 or newer.")
    member = _Member(node)
    work = member.balancer = Balancer(data=data, node=node, program=path, joined=member.join)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: work.end())
    join_bus(member.life, deliver=member.came, missed=work.wake)
    renewal = Renewal(data, node.bind, node.address)
    renewal.start()
    try:
        work.run()
    except NotStarted as error:
        raise StartError(str(error)) from error
    finally:
        renewal.stop()
        member.leave()
    return 0


class _Member:
    """The balancer as the others see it: its row as soon as there is a database, and what it hears of them."""

    balancer: Balancer

    def __init__(self, node: NodeFile) -> None:
        from django.conf import settings

        self.life = str(settings.UMS_PROCESS_ID)
        self._node = node
        self._started_at = time.time()
        self._heartbeat: Heartbeat | None = None

    def came(self, kind: str, body: Any) -> None:
        """A message of another process: servers may have come or gone."""
        from ums.live.messages import ProcessesChanged

        match body:
            case [str(), {"message": {"type": ProcessesChanged.kind}}]:
                self.balancer.wake()

    def join(self) -> None:
        """The database answers: be a process that others see. Raises DatabaseError."""
        from ha.balancer.process import process_id
        from ha.heartbeat import Heartbeat
        from ha.services import Identity, node_ensure
        from ums import __version__
        from ums.domain.processes import ProcessType

        row = node_ensure(node=self._node)
        identity = Identity(
            id=process_id(self._started_at),
            type=ProcessType.BALANCER,
            node_id=row.pk,
            host=self._node.name,
            life=self.life,
            version=__version__,
        )
        self._heartbeat = Heartbeat(identity, figures=self._figures, alive=self.balancer.turns)
        self.balancer.beats_with(self._heartbeat)
        self._heartbeat.start()

    def _figures(self) -> Figures:
        from ha import bus

        return self.balancer.figures(bus.carrier_name())

    def leave(self) -> None:
        """Say that this process has stopped."""
        from ha import bus

        if self._heartbeat is not None:
            self._heartbeat.stop()
        bus.stop()
