"""An LDAP service that is no Active Directory supplies administrators."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from swp.ldap.directory import connected
from swp.ldap.types import ObjectKind
from swp.links import link_of
from swp.models import LinkedDirectory
from swp.services import administrators_import, directory_change, directory_link
from swp.trying import try_stored
from tests.services.ldif import PASSWORD
from tests.services.openldap import ADMIN_PASSWORD, OpenLDAP
from ums.accounts.models import User
from ums.core.actor import SYSTEM


@pytest.fixture(scope="module")
def ldap() -> Iterator[OpenLDAP]:
    with OpenLDAP() as server:
        yield server


@pytest.fixture
def linked(db: None, ldap: OpenLDAP) -> LinkedDirectory:
    return directory_link(
        actor=SYSTEM,
        kind="ldap",
        domain_name=ldap.domain,
        controllers=[f"{ldap.address}:{ldap.port}"],
        certificates=[ldap.ca],
        browse_user=ldap.administrator,
        browse_password=ADMIN_PASSWORD,
    )


def sign_in(name: str, password: str = PASSWORD) -> int:
    client = Client(headers={"host": "localhost"})
    client.defaults["wsgi.url_scheme"] = "https"
    return client.post(reverse("accounts:login"), {"username": name, "password": password}).status_code


def test_a_member_of_an_imported_group_comes_in(linked: LinkedDirectory) -> None:
    with connected(link_of(linked)) as directory:
        groups = directory.search("admins", kinds={ObjectKind.GROUP}, size=10).entries
    rows = administrators_import(actor=SYSTEM, directory=linked, entries=groups)
    assert sign_in("ada@ldap.test") == 302
    assert sign_in("LDAP\\ADA") == 302
    assert sign_in("ada@ldap.test", "wrong") == 200
    assert sign_in("bert@ldap.test") == 200, "he is in no group that was imported"
    assert list(User.objects.get(username="ada@ldap.test").groups.all()) == [row.group for row in rows]
    directory_change(actor=SYSTEM, directory=linked, browse_user="")
    assert sign_in("ada@ldap.test") == 200


def test_linked_as_an_active_directory_it_is_refused_with_the_reason(linked: LinkedDirectory) -> None:
    directory_change(actor=SYSTEM, directory=linked, kind="ad")
    linked.refresh_from_db()
    (attempt,) = try_stored(user=None, directory=linked).attempts
    assert not attempt.good and "no Active Directory" in attempt.words
