"""Resolve…: the controllers of a domain, asked of a DNS server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from swp.ldap import resolve
from swp.ldap.resolve import controllers_of
from swp.ldap.types import Controller

pytestmark = pytest.mark.once

ZONE = {
    "_ldap._tcp.dc._msdcs.corp.test.": ["10 10 389 DC2.corp.test.", "0 1 389 dc3.corp.test.", "0 9 389 dc1.corp.test."],
    "_ldap._tcp.ldap.test.": ["0 0 1389 ldap.ldap.test."],
    "_ldap._tcp.none.test.": ["0 0 0 ."],
}


@pytest.fixture
def resolver() -> Iterator[dns.resolver.Resolver]:
    """Asks a server that knows ZONE, and never answers about slow.test."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_serve, args=(listening,))
        thread.start()
        made = dns.resolver.Resolver(configure=False)
        made.nameservers, made.port = ["127.0.0.1"], listening.getsockname()[1]
        yield made
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", listening.getsockname())
        thread.join(5)


def _serve(listening: socket.socket) -> None:
    while True:
        data, sender = listening.recvfrom(4096)
        if not data:
            return
        question = dns.message.from_wire(data)
        name = question.question[0].name.to_text()
        if "slow.test" in name:
            continue
        answer = dns.message.make_response(question)
        if name in ZONE:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "SRV", *ZONE[name]))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        listening.sendto(answer.to_wire(), sender)


def test_controllers_in_the_order_in_which_they_are_asked(resolver: dns.resolver.Resolver) -> None:
    found = controllers_of("corp.test", resolver)
    assert found == [Controller("dc1.corp.test"), Controller("dc3.corp.test"), Controller("dc2.corp.test")]


def test_an_ldap_service_on_a_port_of_its_own(resolver: dns.resolver.Resolver) -> None:
    assert controllers_of("ldap.test", resolver) == [Controller("ldap.ldap.test", 1389)]


@pytest.mark.parametrize("domain", ["unknown.test", "none.test"])
def test_a_domain_without_controllers(resolver: dns.resolver.Resolver, domain: str) -> None:
    assert controllers_of(domain, resolver) == []


@pytest.mark.parametrize("domain", ["slow.test", "a..b", "x" * 300])
def test_dns_that_does_not_answer(
    resolver: dns.resolver.Resolver, monkeypatch: pytest.MonkeyPatch, domain: str
) -> None:
    monkeypatch.setattr(resolve, "PATIENCE", 0.5)
    with pytest.raises(OSError, match="DNS does not tell"):
        controllers_of(domain, resolver)
