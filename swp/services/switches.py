"""The service Shared Workplace of single devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from swp.models import Login, ServiceOff, Session
from swp.services.sessions import sessions_end
from ums.audit.services import record
from ums.core.access import Action, require
from ums.live.messages import DevicesChanged
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from ums.core.actor import Actor
    from ums.devices.models import Device


@transaction.atomic
def service_switch(*, actor: Actor, device: Device, enabled: bool) -> None:
    """Let users log in at a device, or not: off, who is logged in there is logged out. As it is: nothing happens.

    A licence stays with the device; this is what there is instead of taking it back (manual p. 46). Raises NotAllowed.
    """
    require(actor.user, Action.WRITE, device)
    row = ServiceOff.objects.filter(device=device).first()
    if (row is None) == enabled:
        return
    if row is not None:
        row.delete()
    else:
        ServiceOff.objects.create(device=device, switched_by=actor.name[:150])
        sessions_end(actor=actor, sessions=Session.objects.filter(device=device), end=Login.End.ENDED)
    record(
        actor=actor,
        action="shared_workplace.switched",
        target=device,
        before={"Shared Workplace": not enabled},
        after={"Shared Workplace": enabled},
    )
    publish_on_commit(DevicesChanged((device.pk,)))
