"""What is needed to speak with a linked directory, made from its row."""

from __future__ import annotations

import pytest

from swp.ldap.types import Controller, Credentials
from swp.links import link_of
from swp.models import LinkedDirectory
from ums.core.crypto import seal

pytestmark = pytest.mark.django_db


def test_a_row_becomes_a_link() -> None:
    row = LinkedDirectory.objects.create(
        domain_name="Corp.Test",
        controllers=["dc1.corp.test", "10.0.0.5:10636", "[2001:db8::1]:636", "2001:db8::2"],
        browse_user="browse@corp.test",
        sealed_browse_password=seal("Joe.Passw0rd"),
        page_size=500,
    )
    made = link_of(row)
    assert (made.domain, made.base_dn, made.page_size, made.ldaps) == ("corp.test", "DC=corp,DC=test", 500, True)
    assert made.controllers == (
        Controller("dc1.corp.test"),
        Controller("10.0.0.5", 10636),
        Controller("2001:db8::1", 636),
        Controller("2001:db8::2"),
    )
    assert made.browse == Credentials("browse@corp.test", "Joe.Passw0rd")
    assert "Joe.Passw0rd" not in repr(made)


def test_a_row_without_a_browse_account_and_with_a_base_of_its_own() -> None:
    row = LinkedDirectory.objects.create(domain_name="ldap.test", kind="ldap", base_dn="o=test", controllers=["a"])
    made = link_of(row)
    assert (made.base_dn, made.browse, made.certificates) == ("o=test", None, "")
