"""Sessions end: by switches, by administrators; the device gets its own settings back."""

from __future__ import annotations

import pytest

from swp.feature import SHARED_WORKPLACE
from swp.models import Login, ServiceOff, Session, SessionPrincipal
from swp.services import service_switch, session_end
from swp.services.sessions import principals_replaced
from tests.apps.asking import Api
from tests.cast import Cast
from tests.factories.profiles import ProfileFactory
from tests.factories.swp import SessionFactory, UserAssignmentFactory
from ums.audit.models import Event
from ums.core.actor import SYSTEM
from ums.core.errors import AppError, Conflict, NotAllowed
from ums.devices.models import SettingsState
from ums.domain.principals import Principal, PrincipalKind
from ums.features.services import feature_switch

pytestmark = pytest.mark.django_db


def states(*devices: int) -> list[bool]:
    return list(SettingsState.objects.filter(pk__in=devices).order_by("pk").values_list("pending", flat=True))


def settled() -> None:
    SettingsState.objects.update(pending=False)


def test_switching_shared_workplace_off_logs_everybody_out() -> None:
    first, second = SessionFactory(), SessionFactory()
    settled()
    with pytest.raises(Conflict, match="2 users are logged in and will be logged out"):
        feature_switch(actor=SYSTEM, name=SHARED_WORKPLACE, enabled=False)
    feature_switch(actor=SYSTEM, name=SHARED_WORKPLACE, enabled=False, confirmed=True)
    assert not Session.objects.exists() and not SessionPrincipal.objects.exists()
    assert set(Login.objects.values_list("end", flat=True)) == {Login.End.ENDED}
    assert not Login.objects.filter(logoff_at=None).exists()
    assert states(first.pk, second.pk) == [True, True]


def test_the_service_of_one_device_is_switched_off_and_on(cast: Cast) -> None:
    device = cast.things["device"]
    here, elsewhere = cast.things["session"], SessionFactory()
    settled()
    service_switch(actor=cast.actor("admin"), device=device, enabled=False)
    service_switch(actor=cast.actor("admin"), device=device, enabled=False)
    assert list(ServiceOff.objects.values_list("pk", flat=True)) == [device.pk]
    assert list(Session.objects.values_list("pk", flat=True)) == [elsewhere.pk]
    assert states(here.pk, elsewhere.pk) == [True, False]
    service_switch(actor=cast.actor("admin"), device=device, enabled=True)
    assert not ServiceOff.objects.exists()
    events = Event.objects.filter(action="shared_workplace.switched").order_by("pk")
    assert [event.after for event in events] == [{"Shared Workplace": False}, {"Shared Workplace": True}]
    with pytest.raises(NotAllowed):
        service_switch(actor=cast.actor("reader"), device=device, enabled=False)


def test_an_administrator_logs_a_user_out(cast: Cast) -> None:
    session = cast.things["session"]
    with pytest.raises(NotAllowed):
        session_end(actor=cast.actor("reader"), session=session)
    session_end(actor=cast.actor("admin"), session=session)
    assert not Session.objects.exists()
    event = Event.objects.get(action="session.ended")
    assert event.object_name == "Own device" and event.before == {"user": session.login.user_name}
    with pytest.raises(AppError) as refused:
        session_end(actor=cast.actor("admin"), session=session)
    assert refused.value.code == "session_gone"


def test_logging_out_can_be_tried_out(cast: Cast) -> None:
    """The device would lose what the user brought, and nothing happens."""
    session, catalogue = cast.things["session"], cast.things["profile"].based_on
    profile = ProfileFactory(based_on=catalogue, values={"system.timezone": "Madrid"})
    UserAssignmentFactory(profile=profile, target=session.user)
    api, path = Api(cast, "root"), f"sessions/{session.pk}/"
    status, told = api.ask("DELETE", path, dry_run="true")
    assert (status, told["changed"]) == (200, 1), told
    assert told["changes"][0]["before"] == "Madrid"
    assert Session.objects.filter(pk=session.pk).exists()
    assert api.ask("DELETE", f"linked-directories/{session.user.directory_id}/", dry_run="true").body["changed"] == 1
    assert api.ask("DELETE", path).status == 204
    assert not Session.objects.exists()


def test_principals_are_written_only_when_they_differ() -> None:
    session = SessionFactory()
    user = Principal(PrincipalKind.USER, str(session.user.guid), session.user.name, 0)
    group = Principal(PrincipalKind.GROUP, "9" * 32, "Nurses", 1)
    assert not principals_replaced(session=session, principals=[user])
    assert principals_replaced(session=session, principals=[user, group])
    assert not principals_replaced(session=session, principals=[group, user])
    farther = Principal(PrincipalKind.GROUP, "9" * 32, "Nurses", 2)
    assert principals_replaced(session=session, principals=[user, farther])
    assert list(session.principals.filter(kind="group").values_list("distance", flat=True)) == [2]
    assert principals_replaced(session=session, principals=[user])
    assert session.principals.count() == 1
