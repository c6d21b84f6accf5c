"""Trying a linked directory out: how far each controller can be reached, and what is in the way."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import ldap3
from cryptography import x509

from swp.ldap.talk import Talk
from swp.ldap.types import Attempt, BindRefused, Service, Step
from swp.ldap.wire import CONNECT, Failed, label, port_of, reach

if TYPE_CHECKING:
    from swp.ldap.types import Controller, Link

PATIENCE = 10.0
"""Seconds for all controllers together."""


def probe(link: Link) -> tuple[Attempt, ...]:
    """Ask each controller, all at the same time; takes no more than PATIENCE. The browse account is tried once on each.

    So one that is refused counts as a wrong password once for each controller.
    """
    started = time.monotonic()
    told: dict[int, Attempt] = {}

    def ask(place: int, controller: Controller) -> None:
        told[place] = _attempt(link, controller)

    threads = [
        threading.Thread(target=ask, args=given, name="directory-probe", daemon=True)
        for given in enumerate(link.controllers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(started + PATIENCE - time.monotonic(), 0))
    return tuple(
        told.get(place) or Attempt(label(one), Step.TCP, f"There was no end of it within {PATIENCE:.0f} s.", PATIENCE)
        for place, one in enumerate(link.controllers)
    )


def _attempt(link: Link, controller: Controller) -> Attempt:
    started = time.monotonic()
    shown: x509.Certificate | None = None
    subject = ""
    try:
        if link.ldaps:
            shown = _certificate(link, controller)
            subject = shown.subject.rfc4514_string() if shown else ""
        talk = Talk(link, controller)
        try:
            words = _asked(link, talk)
        finally:
            talk.close()
    except BindRefused as error:
        code = f" (code {error.code})" if error.code else ""
        words = f"The browse account is refused: {error}{code}"
        return Attempt(label(controller), Step.BIND, words, time.monotonic() - started, subject)
    except Failed as failed:
        if failed.untrusted and shown:
            failed.words = f"{failed.words} {_told(shown)}"
        return failed.attempt(controller, time.monotonic() - started, subject)
    except ValueError as error:
        return Attempt(label(controller), Step.TLS, str(error), time.monotonic() - started, subject)
    return Attempt(label(controller), Step.DONE, words, time.monotonic() - started, subject)


def _asked(link: Link, talk: Talk) -> str:
    """What there is to say when everything works. Raises BindRefused, Failed."""
    kind = talk.service()
    if link.service is Service.AD and kind is not Service.AD:
        words = "It answers, but it is no Active Directory: link it as an LDAP service, which supplies administrators."
        raise Failed(Step.BASE, words)
    if link.browse is None:
        return "It answers. Nobody signed in: no browse account is stored."
    talk.bind(link.browse)
    found, _ = talk.page(link.base_dn, "(objectClass=*)", ["1.1"], size=1, scope=ldap3.BASE)
    if not found:
        raise Failed(Step.BASE, f"It has no {link.base_dn}, or does not show it to the browse account.")
    return "It answers, takes the browse account and has the domain."


def _certificate(link: Link, controller: Controller) -> x509.Certificate | None:
    """The one that it shows, whoever signed it. Nothing else is said on this connection. Raises Failed for TCP."""
    anything = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anything.check_hostname = False
    anything.verify_mode = ssl.CERT_NONE
    raw = reach(controller.host, port_of(link, controller))
    with suppress(OSError, ValueError), raw:
        raw.settimeout(CONNECT)
        with anything.wrap_socket(raw, server_hostname=controller.host) as wrapped:
            data = wrapped.getpeercert(binary_form=True)
            with suppress(OSError):
                wrapped.shutdown(socket.SHUT_RDWR)
            return x509.load_der_x509_certificate(data) if data else None
    return None


def _told(certificate: x509.Certificate) -> str:
    """Which one it is: for whom, from whom, until when."""
    names: list[str] = []
    with suppress(x509.ExtensionNotFound):
        held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [*held.get_values_for_type(x509.DNSName), *map(str, held.get_values_for_type(x509.IPAddress))]
    until = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
    issuer = certificate.issuer.rfc4514_string()
    return f"It is for {', '.join(names) or 'no name'}, valid until {until}, issued by {issuer}."
