"""Test Connection: how far each controller is reached, and what is in the way."""

from __future__ import annotations

import pytest

from swp.ldap import probe as probing
from swp.ldap.probe import probe
from swp.ldap.types import Controller, Credentials, Service, Step
from tests.apps.swp.ldap.asked import ldap_link, link
from tests.services.certificates import Authority
from tests.services.openldap import OpenLDAP
from tests.services.process import free_port
from tests.services.relay import BIND, Relay
from tests.services.samba import Samba

pytestmark = pytest.mark.once


def test_a_controller_that_works(corp: Samba) -> None:
    (attempt,) = probe(link(corp))
    assert attempt.good
    assert attempt.certificate == "CN=dc1.corp.test"
    assert attempt.seconds > 0


def test_each_controller_is_told_of(corp: Samba) -> None:
    gone, unknown = Controller(corp.address, free_port()), Controller("dc9.invalid")
    attempts = probe(link(corp, controllers=(gone, Controller(corp.address), unknown)))
    assert [one.step for one in attempts] == [Step.TCP, Step.DONE, Step.NAME]
    assert "refused" in attempts[0].words
    assert "dc9.invalid is not known" in attempts[2].words


def test_certificates_that_nobody_should_trust(corp: Samba) -> None:
    name, at = corp.name, corp.address
    cases = {
        "has expired": corp.authority.sign(name, at, days=-2),
        f"is not for {at}": corp.authority.sign("other.corp.test"),
        "is self-signed": Authority.self_signed(name, at),
        "is not trusted": Authority("Somebody else").sign(name, at),
    }
    for words, certificate in cases.items():
        with Relay(corp, certificate) as relay:
            (attempt,) = probe(link(corp, controllers=(Controller(at, relay.port),)))
            assert attempt.step is Step.TLS
            assert words in attempt.words
            assert "valid until" in attempt.words
            assert attempt.certificate.startswith("CN=")
            assert relay.asked(BIND) == []


def test_a_browse_account_that_is_refused(corp: Samba) -> None:
    (attempt,) = probe(link(corp, browse=Credentials("browse@corp.test", "Wr0ng.Passw0rd")))
    assert attempt.step is Step.BIND
    assert "52e" in attempt.words
    assert "Wr0ng.Passw0rd" not in attempt.words


def test_without_a_browse_account_nobody_signs_in(corp: Samba) -> None:
    (attempt,) = probe(link(corp, browse=None))
    assert attempt.good
    assert "Nobody signed in" in attempt.words


def test_a_base_that_is_not_there(corp: Samba) -> None:
    (attempt,) = probe(link(corp, base_dn="DC=other,DC=test"))
    assert attempt.step is Step.BASE


def test_passwords_without_encryption(corp: Samba) -> None:
    (attempt,) = probe(link(corp, ldaps=False))
    assert attempt.step is Step.BIND
    assert "use LDAPS" in attempt.words


def test_tls_where_there_is_none(corp: Samba) -> None:
    (attempt,) = probe(link(corp, controllers=(Controller(corp.address, 389),)))
    assert attempt.step is Step.TLS


def test_all_that_hang_together_take_no_longer_than_allowed(corp: Samba, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "PATIENCE", 1.0)
    with Relay(corp) as relay:
        relay.spoil = "silent"
        attempts = probe(link(corp, controllers=(Controller(corp.address, relay.port),) * 5))
    assert len(attempts) == 5
    assert not any(one.good for one in attempts)


def test_an_ldap_service_is_no_active_directory(openldap: OpenLDAP, corp: Samba) -> None:
    (good,) = probe(ldap_link(openldap))
    assert good.good
    (refused,) = probe(
        link(
            corp,
            service=Service.AD,
            controllers=(Controller(openldap.address, openldap.port),),
            certificates=openldap.ca,
        )
    )
    assert refused.step is Step.BASE
    assert "no Active Directory" in refused.words
