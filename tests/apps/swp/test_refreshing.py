"""Groups of those who are logged in are read again; logins that are too old go."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from swp.feature import SHARED_WORKPLACE
from swp.ldap import pool
from swp.models import Login, Session, SharedWorkplaceSettings
from swp.refreshing import groups_refresh
from swp.services import logins_prune, sessions_claim
from swp.tasks import prune, refresh
from tests.apps.swp.users import licensed, linked, log_in
from tests.factories import DeviceFactory
from tests.factories.swp import LinkedDirectoryFactory, LoginFactory, SessionFactory
from ums.core.actor import SYSTEM
from ums.core.crypto import seal
from ums.devices.models import Device, SettingsState
from ums.features.services import feature_switch

if TYPE_CHECKING:
    from tests.services.samba import Samba

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(hours=2)


def due(minutes: int = 10) -> None:
    """The settings say to look, and the groups of all were read long ago."""
    SharedWorkplaceSettings.objects.update_or_create(defaults={"refresh_minutes": minutes})
    Session.objects.update(checked_at=timezone.now() - LONG_AGO)
    SettingsState.objects.update(pending=False)


def logged_in(corp: Samba, *names: str) -> list[Device]:
    linked(corp)
    licensed()
    devices = [DeviceFactory() for _ in names]
    for device, name in zip(devices, names, strict=True):
        assert log_in(device, name).outcome == 0
    return devices


def groups_of(device: Device) -> set[str]:
    return set(device.user_session.principals.filter(kind="group").values_list("name", flat=True))


def pending() -> set[int]:
    return set(SettingsState.objects.filter(pending=True).values_list("pk", flat=True))


def test_a_group_that_changed_reaches_its_members_only(corp: Samba) -> None:
    corp.add([corp.group("newcomers", "OU=Groups")])
    carol, bob = logged_in(corp, "carol", "bob")
    due()
    corp.join(corp.dn("newcomers", "OU=Groups"), corp.dn("carol", "OU=Engineering,OU=Staff"))
    assert "newcomers" not in groups_of(carol)
    refresh()
    assert "newcomers" in groups_of(carol)
    assert pending() == {carol.pk}
    assert not Session.objects.filter(checked_at__lt=timezone.now() - LONG_AGO / 2).exists()
    again = groups_refresh()
    assert again.read == 0, "nobody is due"
    due()
    assert groups_refresh().changed == 0
    assert pending() == set(), "nothing new"
    assert bob.user_session.login.logoff_at is None


def test_whoever_was_disabled_is_logged_out(corp: Samba) -> None:
    corp.add([corp.user("leaver", "OU=Staff")])
    alice, leaver = logged_in(corp, "alice", "leaver")
    due()
    corp.disable(corp.dn("leaver", "OU=Staff"))
    assert groups_refresh().ended == 1
    assert list(Session.objects.values_list("pk", flat=True)) == [alice.pk]
    assert Login.objects.get(device=leaver).end == Login.End.ENDED
    assert pending() == {leaver.pk}


def test_who_is_not_found_stays(corp: Samba) -> None:
    corp.add([corp.user("visitor", "OU=Staff")])
    [device] = logged_in(corp, "visitor")
    due()
    corp.delete(corp.dn("visitor", "OU=Staff"))
    assert groups_refresh().read == 0
    assert Session.objects.filter(pk=device.pk).exists() and pending() == set()


def test_a_directory_that_does_not_answer_changes_nothing(corp: Samba) -> None:
    [device] = logged_in(corp, "carol")
    silent = LinkedDirectoryFactory(browse_user="browse", sealed_browse_password=seal("secret"))
    beside = SessionFactory(user__directory=silent)
    due()
    before = beside.principals.count()
    result = groups_refresh()
    assert result.silent == {silent.pk} and result.read == 1
    kept = Session.objects.get(pk=beside.pk)
    assert kept.checked_at < timezone.now() - LONG_AGO / 2, "it was not read"
    assert kept.principals.count() == before and pending() == set()
    assert Session.objects.get(pk=device.pk).checked_at > timezone.now() - LONG_AGO / 2


def test_a_directory_that_falls_silent_changes_nothing(corp_template: Samba) -> None:
    with corp_template.copy() as corp:
        devices = logged_in(corp, "alice", "carol")
        due()
        corp.halt()
        pool.forget()
        assert groups_refresh().silent
    assert Session.objects.count() == 2 and pending() == set()
    assert groups_of(devices[0])


def test_nothing_is_asked_unless_wanted() -> None:
    SessionFactory()
    due(minutes=0)
    assert groups_refresh().silent == frozenset()
    due()
    assert groups_refresh().silent == frozenset(), "without a browse account nobody can ask"
    SharedWorkplaceSettings.objects.update(refresh_minutes=10)
    feature_switch(actor=SYSTEM, name=SHARED_WORKPLACE, enabled=False, confirmed=True)
    assert groups_refresh().read == 0


def test_a_session_is_claimed_once() -> None:
    directory = LinkedDirectoryFactory(browse_user="browse")
    sessions = [SessionFactory(user__directory=directory) for _ in range(3)]
    due()
    now = timezone.now()
    first = sessions_claim(before=now - timedelta(minutes=10), without=(), limit=2)
    second = sessions_claim(before=now - timedelta(minutes=10), without=(), limit=2)
    assert sorted(one.session.pk for one in (*first, *second)) == sorted(one.pk for one in sessions)
    assert not sessions_claim(before=now - timedelta(minutes=10), without=(), limit=2)


def test_old_logins_go_and_open_ones_stay() -> None:
    SharedWorkplaceSettings.objects.create(history_days=30)
    old = [LoginFactory(login_at=timezone.now() - timedelta(days=31)) for _ in range(3)]
    young = LoginFactory(login_at=timezone.now() - timedelta(days=29))
    opened = SessionFactory()
    Login.objects.filter(pk=opened.login_id).update(login_at=timezone.now() - timedelta(days=99))
    prune()
    assert set(Login.objects.values_list("pk", flat=True)) == {young.pk, opened.login_id}
    assert logins_prune() == 0
    assert len(old) == 3
