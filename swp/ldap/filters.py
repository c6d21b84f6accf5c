"""Conditions of searches. Values are written so that nothing in them can be taken for more than a value (RFC 4515)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from swp.ldap.types import ObjectKind, Service

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")

# By objectClass, which is in the index; Samba takes three times as long over a large container by objectCategory.
_AD_KINDS = {
    ObjectKind.USER: "(objectClass=user)",
    ObjectKind.GROUP: "(objectClass=group)",
    ObjectKind.OU: "(objectClass=organizationalUnit)",
    ObjectKind.CONTAINER: "(objectClass=container)(objectClass=builtinDomain)",
    ObjectKind.DOMAIN: "(objectClass=domainDNS)",
}
"""A computer is a user as well: to be left out apart."""
_LDAP_KINDS = {
    ObjectKind.USER: "(objectClass=person)",
    ObjectKind.GROUP: "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))",
    ObjectKind.OU: "(objectClass=organizationalUnit)",
    ObjectKind.CONTAINER: "(objectClass=container)",
    ObjectKind.DOMAIN: "(objectClass=dcObject)",
}


def escape(value: str | bytes) -> str:
    """A value of a condition."""
    data = value if isinstance(value, bytes) else value.encode()
    return "".join(chr(one) if one in _PLAIN else f"\\{one:02x}" for one in data)


def equal(name: str, value: str | bytes) -> str:
    """The attribute has exactly this value."""
    return f"({name}={escape(value)})"


def contains(name: str, text: str) -> str:
    """The text is somewhere in the attribute."""
    return f"({name}=*{escape(text)}*)"


def either(conditions: Iterable[str]) -> str:
    """One of them holds."""
    given = list(conditions)
    return given[0] if len(given) == 1 else f"(|{''.join(given)})"


def both(*conditions: str) -> str:
    """All of them hold."""
    return f"(&{''.join(conditions)})"


def of_kinds(service: Service, kinds: Iterable[ObjectKind]) -> str:
    """Objects of one of these kinds."""
    known = _AD_KINDS if service is Service.AD else _LDAP_KINDS
    return f"(|{''.join(known[kind] for kind in sorted(kinds))})"


def of_guid(service: Service, guid: uuid.UUID) -> str:
    """The object that is known by it."""
    return equal("objectGUID", guid.bytes_le) if service is Service.AD else equal("entryUUID", str(guid))


def of_dn(service: Service, dn: str) -> str:
    """The object with this DN."""
    return equal("distinguishedName" if service is Service.AD else "entryDN", dn)
