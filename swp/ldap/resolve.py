"""The controllers of a domain, as DNS knows them."""

from __future__ import annotations

from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, Resolver, get_default_resolver

from swp.ldap.types import Controller

PATIENCE = 5.0
"""Seconds."""
_NAMES = ("_ldap._tcp.dc._msdcs.{}", "_ldap._tcp.{}")
"""Of an Active Directory; of any LDAP service."""
_PLAIN = 389


def controllers_of(domain: str, resolver: Resolver | None = None) -> list[Controller]:
    """In the order in which they are to be asked; [] when DNS knows none.

    Raises OSError with words for people when DNS does not answer.
    """
    asked = resolver or get_default_resolver()
    for name in _NAMES:
        try:
            answer = asked.resolve(name.format(domain), "SRV", lifetime=PATIENCE, search=False)
        except (NXDOMAIN, NoAnswer):
            continue
        except DNSException as error:
            raise OSError(f"DNS does not tell the controllers of {domain}: {error}") from None
        records = sorted(answer, key=lambda one: (one.priority, -one.weight, str(one.target)))
        found = [(str(one.target).removesuffix(".").lower(), one.port) for one in records]
        return [Controller(host, None if port == _PLAIN else port) for host, port in dict.fromkeys(found) if host]
    return []
