"""Linking directories: what is stored, checked, refused, and what goes with them."""

from __future__ import annotations

from typing import Any

import pytest

from swp.models import DirectoryCertificate, DirectoryObject, LinkedDirectory, Login, Session, UserAssignment
from swp.selectors import devices_reached
from swp.services import directory_change, directory_link, directory_unlink, workplace_settings_set
from tests.cast import Cast
from tests.factories.swp import DirectoryObjectFactory, LinkedDirectoryFactory, SessionFactory, UserAssignmentFactory
from tests.services.certificates import Authority
from ums.audit.models import Event
from ums.core.actor import SYSTEM
from ums.core.crypto import unseal
from ums.core.errors import AppError, NotAllowed
from ums.devices.models import SettingsState

SECRET = "p;ss, wörd"


def linked(**given: Any) -> LinkedDirectory:
    return directory_link(actor=SYSTEM, **{"domain_name": "corp.test", "controllers": ["dc1.corp.test"], **given})


@pytest.mark.django_db
def test_what_is_stored() -> None:
    row = linked(
        domain_name=" CORP.Test. ",
        netbios_name="corp",
        controllers=["DC1.corp.test", "10.0.0.5:10636", "2001:DB8::1", "[2001:db8::1]:636", "dc1.corp.test"],
        upn_suffixes=["@Example.com", "example.com"],
        browse_user="reader@corp.test",
        browse_password=SECRET,
    )
    assert row.domain_name == "corp.test" and row.netbios_name == "CORP"
    assert row.controllers == ["dc1.corp.test", "10.0.0.5:10636", "2001:db8::1", "[2001:db8::1]:636"]
    assert row.upn_suffixes == ["example.com"]
    assert unseal(row.sealed_browse_password) == SECRET
    event = Event.objects.get(action="linked_directory.added")
    assert SECRET not in str(event.after) and row.sealed_browse_password not in str(event.after)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"domain_name": "corp"}, "domain_name"),
        ({"domain_name": "corp test)(uid=*"}, "domain_name"),
        ({"domain_name": ""}, "domain_name"),
        ({"controllers": []}, "controllers"),
        ({"controllers": ["dc1:0"]}, "controllers"),
        ({"controllers": ["dc1:"]}, "controllers"),
        ({"controllers": ["https://dc1"]}, "controllers"),
        ({"controllers": [f"dc{n}.corp.test" for n in range(31)]}, "controllers"),
        ({"controllers": [7]}, "controllers"),
        ({"page_size": 0}, "page_size"),
        ({"kind": "nis"}, "kind"),
        ({"upn_suffixes": ["a b"]}, "upn_suffixes"),
        ({"browse_user": "x\0y"}, "browse_user"),
    ],
)
def test_what_is_refused(given: dict[str, Any], field: str) -> None:
    with pytest.raises(AppError) as refused:
        linked(**given)
    assert field in refused.value.fields or given == {"page_size": 0}
    assert not LinkedDirectory.objects.exists()


@pytest.mark.django_db
def test_a_suffix_means_one_directory() -> None:
    linked(upn_suffixes=["example.com"])
    with pytest.raises(AppError) as refused:
        linked(domain_name="lab.test", upn_suffixes=["example.com"])
    assert "upn_suffixes" in refused.value.fields
    with pytest.raises(AppError):
        linked(domain_name="corp.test")


@pytest.mark.django_db
def test_an_empty_password_stays_and_no_other_controller_gets_it() -> None:
    row = linked(browse_user="reader", browse_password=SECRET)
    row = directory_change(actor=SYSTEM, directory=row, page_size=500, controllers=["DC1.corp.test."])
    assert unseal(row.sealed_browse_password) == SECRET
    for change in ({"controllers": ["dc1.corp.test", "evil.test"]}, {"ldaps": False}):
        with pytest.raises(AppError) as refused:
            directory_change(actor=SYSTEM, directory=row, **change)
        assert refused.value.code == "password_needed"
    row = directory_change(actor=SYSTEM, directory=row, browse_password="new", ldaps=False)
    assert unseal(row.sealed_browse_password) == "new" and not row.ldaps
    row = directory_change(actor=SYSTEM, directory=row, browse_user="")
    assert row.sealed_browse_password == ""
    assert "new" not in [event.after.get("browse_password") for event in Event.objects.filter(after__isnull=False)]


@pytest.mark.django_db
def test_certificates_are_a_set() -> None:
    one, other = Authority("One"), Authority("Other")
    row = linked(certificates=[one.pem, one.pem])
    assert DirectoryCertificate.objects.get().subject == "CN=One"
    directory_change(actor=SYSTEM, directory=row, certificates=[one.pem + other.pem])
    kept = DirectoryCertificate.objects.get(subject="CN=One").pk
    assert DirectoryCertificate.objects.count() == 2
    directory_change(actor=SYSTEM, directory=row, certificates=[one.pem])
    assert [found.pk for found in DirectoryCertificate.objects.all()] == [kept]
    directory_change(actor=SYSTEM, directory=row, page_size=10)
    assert DirectoryCertificate.objects.count() == 1
    with pytest.raises(AppError) as refused:
        directory_change(actor=SYSTEM, directory=row, certificates=["nonsense"])
    assert refused.value.code == "certificate_invalid"
    with pytest.raises(AppError) as refused:
        directory_change(actor=SYSTEM, directory=row, certificates=[one.sign("dc1.corp.test").key])
    assert "private key" in refused.value.message


@pytest.mark.django_db
def test_unlinking_takes_along_what_belongs_to_it() -> None:
    row = LinkedDirectoryFactory()
    group = DirectoryObjectFactory(directory=row, kind="group")
    UserAssignmentFactory(target=group)
    own = SessionFactory(user=DirectoryObjectFactory(directory=row))
    # Of another domain, but a member of the group.
    guest = SessionFactory(groups=[group])
    other = SessionFactory()
    SettingsState.objects.update(pending=False)
    assert set(devices_reached(targets=[group])) == {guest.device}
    directory_unlink(actor=SYSTEM, directory=row)
    assert not LinkedDirectory.objects.filter(pk=row.pk).exists()
    assert not DirectoryObject.objects.filter(pk=group.pk).exists() and not UserAssignment.objects.exists()
    assert set(Session.objects.values_list("pk", flat=True)) == {guest.pk, other.pk}
    ended = Login.objects.get(pk=own.login_id)
    assert ended.end == Login.End.ENDED and ended.logoff_at and ended.user is None
    pending = set(SettingsState.objects.filter(pending=True).values_list("device_id", flat=True))
    assert pending == {own.device_id, guest.device_id}


@pytest.mark.django_db
def test_the_kind_stays_while_users_are_known() -> None:
    row = linked(browse_user="reader", browse_password=SECRET)
    directory_change(actor=SYSTEM, directory=row, kind="ldap")
    DirectoryObjectFactory(directory=row)
    with pytest.raises(AppError) as refused:
        directory_change(actor=SYSTEM, directory=row, kind="ad")
    assert refused.value.code == "kind_in_use"


@pytest.mark.django_db
def test_settings() -> None:
    workplace_settings_set(actor=SYSTEM, all_domains=True)
    stored = workplace_settings_set(actor=SYSTEM, history_days=30)
    assert stored.all_domains and stored.history_days == 30
    assert Event.objects.filter(action="shared_workplace.settings_changed").count() == 2


def test_only_for_who_administers(cast: Cast) -> None:
    row = LinkedDirectoryFactory()
    for role in ("admin", "reader", "stranger"):
        actor = cast.actor(role)
        with pytest.raises(NotAllowed):
            directory_link(actor=actor, domain_name="a.test", controllers=["a"])
        with pytest.raises(NotAllowed):
            directory_change(actor=actor, directory=row, page_size=1)
        with pytest.raises(NotAllowed):
            directory_unlink(actor=actor, directory=row)
        with pytest.raises(NotAllowed):
            workplace_settings_set(actor=actor, history_days=1)
