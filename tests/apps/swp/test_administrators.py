"""Administrators of a real Active Directory come into the console: forms of names, groups, refusals, throttling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from swp.administrators import WRONG
from swp.ldap.directory import connected
from swp.links import link_of
from swp.models import DirectoryAdministrator, LinkedDirectory
from swp.services import (
    administrator_actions_set,
    administrator_remove,
    administrators_import,
    directory_change,
    directory_link,
    directory_unlink,
)
from tests.cast import Cast
from tests.factories import PASSWORD as LOCAL_PASSWORD
from tests.factories import GrantFactory, UserFactory
from tests.services.ldif import PASSWORD
from tests.services.samba import ADMIN_PASSWORD, Samba
from ums.accounts.models import User
from ums.accounts.services import api_token_create
from ums.audit.models import Event
from ums.core.access import Action, may
from ums.core.actor import SYSTEM, Actor
from ums.core.errors import AppError, Conflict, NotAllowed

LOGIN = "accounts:login"


@pytest.fixture(scope="module")
def ad() -> Iterator[Samba]:
    domain = Samba("CORP.TEST").provision()
    domain.add([domain.user("Alice"), domain.user("Bob"), domain.user("Carol"), domain.user("Eve")])
    domain.add([domain.group("IT", members=[domain.dn("Alice")]), domain.group("Staff", members=[domain.dn("Bob")])])
    domain.add([domain.group("Outer", members=[domain.dn("IT")])])
    with domain:
        yield domain


@pytest.fixture
def linked(db: None, ad: Samba) -> LinkedDirectory:
    return directory_link(
        actor=SYSTEM,
        domain_name=ad.domain,
        controllers=[ad.address],
        certificates=[ad.ca],
        upn_suffixes=["corp.example"],
        browse_user=ad.administrator,
        browse_password=ADMIN_PASSWORD,
    )


def found(linked: LinkedDirectory, *names: str) -> list[Any]:
    with connected(link_of(linked)) as directory:
        return [
            next(one for one in directory.search(name, size=50).entries if one.name.casefold() == name.casefold())
            for name in names
        ]


def let_in(linked: LinkedDirectory, *names: str, actions: tuple[str, ...] = ()) -> list[DirectoryAdministrator]:
    return administrators_import(actor=SYSTEM, directory=linked, entries=found(linked, *names), actions=actions)


def sign_in(name: str, password: str = PASSWORD, address: str = "192.0.2.7") -> tuple[Client, Any]:
    client = Client(headers={"host": "localhost"})
    client.defaults["wsgi.url_scheme"] = "https"
    client.defaults["REMOTE_ADDR"] = address
    return client, client.post(reverse(LOGIN), {"username": name, "password": password})


@pytest.mark.parametrize(
    "name",
    ["Alice@corp.test", "ALICE@CORP.TEST", "CORP\\alice", "corp.test\\Alice", "corp\\ALICE", " alice@Corp.Test "],
)
def test_all_forms_of_a_name_are_one_administrator(linked: LinkedDirectory, name: str) -> None:
    row = let_in(linked, "Alice")[0]
    client, answer = sign_in(name)
    assert answer.status_code == 302, answer.content.decode()
    assert client.get("/api/v1/devices/").status_code == 200
    assert row.user is not None and row.user.username == "alice@corp.test"
    assert Event.objects.filter(action="user.signed_in", actor=row.user).exists()
    assert PASSWORD not in str(list(Event.objects.values())) + str(list(AccessAttempt.objects.values()))


def test_rights_come_by_groups_and_are_read_again(linked: LinkedDirectory, ad: Samba) -> None:
    outer = let_in(linked, "Outer", actions=(Action.READ,))[0]
    assert outer.group is not None and outer.group.name == "Outer (corp.test)"
    local = Group.objects.create(name="Local")
    assert sign_in("CORP\\Alice")[1].status_code == 302, "IT is in Outer, and Alice in IT"
    alice = User.objects.get(username="alice@corp.test")
    alice.groups.add(local)
    assert set(alice.groups.all()) == {outer.group, local} and may(alice, Action.READ)
    assert alice.effective_grants() == [(Action.READ, True, None)]
    assert sign_in("CORP\\Bob")[1].status_code == 200, "neither Bob nor a group of his was imported"
    assert not User.objects.filter(username__startswith="bob").exists()
    ad.change(ad.dn("IT"), member=[])
    try:
        assert sign_in("CORP\\Alice")[1].status_code == 200
        assert set(alice.groups.all()) == {local}, "what was made here stays"
    finally:
        ad.join(ad.dn("IT"), ad.dn("Alice"))
    assert not DirectoryAdministrator.objects.get(user=alice).imported


def test_who_is_refused(linked: LinkedDirectory, ad: Samba) -> None:
    row = let_in(linked, "Carol")[0]
    assert sign_in("carol@corp.test", "")[1].status_code == 200
    assert sign_in("carol", PASSWORD)[1].status_code == 200, "without its domain a name is a local one"
    assert sign_in("carol@elsewhere.test")[1].status_code == 200
    assert sign_in("nobody@corp.test")[1].status_code == 200
    assert sign_in("*)(uid=*@corp.test")[1].status_code == 200
    ad.must_change(ad.dn("Carol"))
    assert "has expired" in sign_in("carol@corp.test")[1].content.decode()
    ad.change(ad.dn("Carol"), pwdLastSet=-1)
    assert sign_in("carol@corp.test")[1].status_code == 302
    assert row.user is not None
    row.user.is_active = False
    row.user.save()
    assert sign_in("carol@corp.test")[1].status_code == 200


def is_locked(linked: LinkedDirectory, name: str) -> bool:
    with connected(link_of(linked)) as directory:
        entry = directory.user(name)
    assert entry is not None
    return entry.locked


def test_wrong_passwords_stop_before_the_account_is_locked(linked: LinkedDirectory, ad: Samba) -> None:
    let_in(linked, "Eve")
    ad.lock_after(WRONG + 1)
    try:
        forms = ["eve@corp.test", "CORP\\Eve", "EVE@CORP.TEST", "corp.test\\eve", "Eve@corp.test"]
        answers = [sign_in(name, "wrong", f"192.0.2.{n}")[1].content.decode() for n, name in enumerate(forms)]
        told = ["too many" in answer.casefold() for answer in answers]
        assert told == [False] * WRONG + [True] * (len(forms) - WRONG)
        assert "too many" in sign_in("eve@corp.test")[1].content.decode().casefold(), "nor is the right one tried"
        assert not is_locked(linked, "Eve")
    finally:
        ad.lock_after(0)


def test_a_local_password_goes_to_no_directory(linked: LinkedDirectory, ad: Samba) -> None:
    let_in(linked, "Staff")
    UserFactory(username="bob@corp.test")
    ad.lock_after(1)
    try:
        assert sign_in("bob@corp.test", "wrong")[1].status_code == 200
        assert not is_locked(linked, "Bob")
        assert sign_in("CORP\\Bob", "wrong")[1].status_code == 200
        assert is_locked(linked, "Bob"), "this one was asked about"
    finally:
        ad.lock_after(0)
        ad.change(ad.dn("Bob"), lockoutTime=0, badPwdCount=0)
    assert sign_in("bob@corp.test", LOCAL_PASSWORD)[1].status_code == 302


def test_a_directory_that_is_silent_is_said_so_and_is_nobodys_fault(linked: LinkedDirectory) -> None:
    let_in(linked, "Bob")
    directory_change(actor=SYSTEM, directory=linked, controllers=["127.0.0.1:9"], browse_password="x")
    for _ in range(WRONG + 1):
        assert "does not answer" in sign_in("bob@corp.test")[1].content.decode()
    assert not AccessAttempt.objects.exists()
    UserFactory(username="local")
    assert sign_in("local", LOCAL_PASSWORD)[1].status_code == 302


def test_without_a_browse_account(linked: LinkedDirectory) -> None:
    let_in(linked, "Outer")
    directory_change(actor=SYSTEM, directory=linked, browse_user="")
    assert sign_in("CORP\\alice")[1].status_code == 302
    assert sign_in("alice@corp.test", "wrong")[1].status_code == 200


def test_importing_again_changes_nothing_and_names_are_not_taken_over(linked: LinkedDirectory) -> None:
    first = let_in(linked, "Bob", "Staff", actions=(Action.READ,))
    again = let_in(linked, "Bob", "Staff", actions=(Action.READ, Action.AUDIT))
    assert [row.pk for row in first] == [row.pk for row in again]
    assert again[0].user is not None and sorted(grant.action for grant in again[0].user.grants.all()) == [
        "audit",
        "read",
    ]
    UserFactory(username="Alice@CORP.test")
    with pytest.raises(Conflict):
        let_in(linked, "Alice")
    with pytest.raises(AppError):
        administrators_import(actor=SYSTEM, directory=linked, entries=[])


def test_nobody_gives_more_than_they_have(linked: LinkedDirectory, cast: Cast) -> None:
    clerk = UserFactory(username="clerk")
    for action in (Action.ADMINISTER, Action.AUDIT):
        GrantFactory(user=clerk, action=action, directory=None)
    actor = Actor.of(clerk)
    entries = found(linked, "Bob")
    with pytest.raises(NotAllowed):
        administrators_import(actor=actor, directory=linked, entries=entries, actions=[Action.ENROL])
    row = administrators_import(actor=actor, directory=linked, entries=entries, actions=[Action.AUDIT])[0]
    with pytest.raises(NotAllowed):
        administrator_actions_set(actor=actor, administrator=row, actions=[Action.ENROL])
    administrator_actions_set(actor=actor, administrator=row, actions=[])
    assert not row.user.grants.exists()
    for role in ("admin", "reader", "stranger"):
        with pytest.raises(NotAllowed):
            administrators_import(actor=cast.actor(role), directory=linked, entries=entries)
        with pytest.raises(NotAllowed):
            administrator_remove(actor=cast.actor(role), administrator=row)


def test_what_goes_with_them(linked: LinkedDirectory) -> None:
    user, group = let_in(linked, "Bob", "Outer", actions=(Action.READ,))
    assert sign_in("alice@corp.test")[1].status_code == 302
    client, _ = sign_in("bob@corp.test")
    api_token_create(actor=SYSTEM, user=user.user, name="Script")
    GrantFactory(user=user.user, action=Action.ADMINISTER, directory=None)
    with pytest.raises(Conflict):
        directory_unlink(actor=Actor.of(User.objects.get(pk=user.user_id)), directory=linked)
    administrator_remove(actor=SYSTEM, administrator=user)
    assert client.get("/api/v1/devices/").status_code == 401
    directory_unlink(actor=SYSTEM, directory=linked)
    assert not User.objects.filter(username__endswith="@corp.test").exists()
    assert not Group.objects.filter(pk=group.group_id).exists()
    assert sign_in("alice@corp.test")[1].status_code == 200
