"""What is needed to speak with a linked directory, made from its row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swp.ldap.types import Controller, Credentials, Link, Service
from ums.core.crypto import unseal

if TYPE_CHECKING:
    from swp.models import LinkedDirectory


def link_of(row: LinkedDirectory) -> Link:
    """Reads the certificates (prefetched ones too) and unseals the password of the browse account. Raises AppError."""
    return link_drafted(row, "".join(one.pem for one in row.certificates.all()))


def link_drafted(row: LinkedDirectory, certificates: str) -> Link:
    """The same of a row that need not be stored, trusted by these certificates (PEM). Raises AppError."""
    browse = None
    if row.browse_user and row.sealed_browse_password:
        browse = Credentials(row.browse_user, unseal(row.sealed_browse_password))
    return Link(
        id=row.pk or 0,
        service=Service(row.kind),
        domain=row.domain_name.lower(),
        base_dn=row.base_dn or base_dn(row.domain_name),
        controllers=tuple(map(controller, row.controllers)),
        ldaps=row.ldaps,
        certificates=certificates,
        page_size=row.page_size,
        browse=browse,
    )


def base_dn(domain: str) -> str:
    """ "DC=corp,DC=test" of "corp.test"."""
    return ",".join(f"DC={label}" for label in domain.lower().split("."))


def controller(text: str) -> Controller:
    """Of "dc1.corp.test", "10.0.0.5:10636" or "[2001:db8::1]:636", as `swp.addresses.controller_at` writes them."""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    else:
        host, port = text, ""
    return Controller(host, int(port) if port else None)
