"""Events of the network, for people: what happened to which process, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ha.models import NetworkEvent, Process
from ha.shown import NAMES
from ums.core.access import Action
from ums.events.recording import event

if TYPE_CHECKING:
    from datetime import datetime


def process_event(process: Process, kind: str, text: str, at: datetime) -> None:
    """Store one event of a process, which is a public one too. `text` goes on after its name: “has started.”"""
    words = f"{NAMES[process.type]} on {process.host} {text}"[:500]
    NetworkEvent.objects.create(
        at=at, kind=kind, node_name=process.host, process_id=process.pk, process_type=process.type, text=words
    )
    data = {"type": process.type, "text": words}
    event(kind=f"process.{kind}", target=process, sees=Action.ADMINISTER, data=data, time=at)
