"""Links to the directories of the tests."""

from __future__ import annotations

from typing import Any

from swp.ldap.types import Controller, Credentials, Link, Service
from tests.services.ldif import PASSWORD
from tests.services.openldap import ADMIN_PASSWORD, OpenLDAP
from tests.services.samba import Samba


def link(ad: Samba, **other: Any) -> Link:
    """To a domain, with its browse account; `other` replaces parts."""
    given: dict[str, Any] = {
        "id": sum(ad.domain.encode()),
        "service": Service.AD,
        "domain": ad.domain,
        "base_dn": ad.base,
        "controllers": (Controller(ad.address),),
        "certificates": ad.ca,
        "browse": Credentials(f"browse@{ad.domain}", PASSWORD),
    }
    return Link(**{**given, **other})


def ldap_link(server: OpenLDAP) -> Link:
    """To an LDAP service."""
    return Link(
        id=9,
        service=Service.LDAP,
        domain=server.domain,
        base_dn=server.base,
        controllers=(Controller(server.address, server.port),),
        certificates=server.ca,
        browse=Credentials(server.administrator, ADMIN_PASSWORD),
    )
