"""Who is logged in, as rows: ending sessions, and what a session is reached by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from ha.clock import shared_now
from swp.models import Login, Session, SessionPrincipal
from ums.audit.services import record
from ums.core.access import Action, require
from ums.core.among import among
from ums.core.errors import Conflict
from ums.devices.models import Device
from ums.devices.services import settings_changed, structure_locked
from ums.events.recording import events

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.db.models import QuerySet

    from ums.core.actor import Actor
    from ums.domain.principals import Principal


@transaction.atomic
def sessions_end(*, actor: Actor, sessions: QuerySet[Session], end: Login.End) -> int:
    """End sessions, and mark their devices: they get back the settings that they have without a user. Returns how many.

    Who may do that is the caller's business: users do it themselves, administrators and switches do it to them.
    """
    structure_locked()
    rows = list(sessions.select_for_update().order_by("pk").values_list("pk", "login_id", "login__user_name"))
    if not rows:
        return 0
    devices = [device for device, _, _ in rows]
    Login.objects.filter(pk__in=[login for _, login, _ in rows]).update(logoff_at=shared_now(), end=end)
    users_events(kind="user.logged_out", users={device: user for device, _, user in rows})
    Session.objects.filter(pk__in=devices).delete()
    settings_changed(actor=actor, devices=Device.objects.filter(pk__in=devices))
    return len(rows)


@transaction.atomic
def session_end(*, actor: Actor, session: Session) -> None:
    """Log a user out at a device, as an administrator. Raises Conflict `session_gone`, NotAllowed."""
    require(actor.user, Action.COMMAND, session.device)
    user = session.login.user_name
    if not sessions_end(
        actor=actor, sessions=Session.objects.filter(pk=session.pk, login=session.login_id), end=Login.End.ENDED
    ):
        raise Conflict("session_gone", f"{user} is not logged in there any more.")
    record(actor=actor, action="session.ended", target=session.device, before={"user": user})


def users_events(*, kind: str, users: Mapping[int, str]) -> None:
    """Public events of users at devices: the users' names by the devices' keys. Inside the caller's transaction."""
    devices = Device.objects.filter(pk__in=among(users)).order_by("pk").only("name", "directory_id")
    events(kind=kind, about=[(device, {"user": users[device.pk]}) for device in devices])


def principals_replaced(*, session: Session, principals: Iterable[Principal]) -> bool:
    """Write down what profiles reach a session by; whether that is anything new. Inside the caller's transaction."""
    # What comes twice counts as it comes first.
    wanted = {one.id: (one.kind.value, one.name[:1000], one.distance) for one in reversed(tuple(principals))}
    rows = SessionPrincipal.objects.filter(session=session).order_by()
    found = {
        key: (kind, name, distance) for key, kind, name, distance in rows.values_list("key", "kind", "name", "distance")
    }
    if wanted == found:
        return False
    stale = [key for key, facts in found.items() if wanted.get(key) != facts]
    rows.filter(key__in=stale).delete()
    SessionPrincipal.objects.bulk_create(
        SessionPrincipal(session=session, key=key, kind=kind, name=name, distance=distance)
        for key, (kind, name, distance) in wanted.items()
        if found.get(key) != (kind, name, distance)
    )
    return True
