"""Certificates that controllers are trusted by: reading files of them, and telling what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from ums.core.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_BYTES = 256 * 1024
"""Of one file; a certificate has one or two thousand."""
MAX_CERTIFICATES = 20
"""That one directory is trusted by."""
SOON = timedelta(days=30)
"""How long before its end a certificate is warned of."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """A certificate as the console shows it. names: DNS names and addresses it is for; authority: it signs others."""

    pem: str
    subject: str
    fingerprint: str
    not_before: datetime
    not_after: datetime
    authority: bool
    names: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """ "ok", "soon" (it expires within SOON), "expired" or "early" (not valid yet)."""
        return state_of(self.not_after, self.not_before)


def state_of(not_after: datetime, not_before: datetime | None = None) -> str:
    """See `Trusted.state`."""
    now = datetime.now(UTC)
    if not_after <= now:
        return "expired"
    if not_before is not None and not_before > now:
        return "early"
    return "soon" if not_after - now < SOON else "ok"


def certificates_in(data: bytes) -> list[Trusted]:
    """What a .cer, .pem or .der file holds: one or several in PEM, or one in DER.

    Raises AppError `certificate_invalid`, which says what the file is instead.
    """
    if len(data) > MAX_BYTES:
        raise _refused(f"A file of certificates has {MAX_BYTES // 1024} kB at most.")
    if b"PRIVATE KEY-----" in data:
        raise _refused("This file holds a private key. Export the certificate alone: a key belongs on its controller.")
    if b"-----BEGIN CERTIFICATE REQUEST" in data:
        raise _refused("This is a request for a certificate, not a certificate.")
    try:
        if b"-----BEGIN" in data:
            found = x509.load_pem_x509_certificates(data)
        else:
            found = [x509.load_der_x509_certificate(data)]
        read = [_told(one) for one in found]
    except (ValueError, x509.DuplicateExtension):
        raise _refused("This is no certificate in PEM or DER (.cer, .pem, .der).") from None
    if len(read) > MAX_CERTIFICATES:
        raise _refused(f"There are {len(read)} certificates in this file; {MAX_CERTIFICATES} are the most.")
    return read


def certificates_of(texts: Iterable[str]) -> list[Trusted]:
    """The certificates of several texts in PEM, each once, in their order. Raises AppError `certificate_invalid`."""
    found: dict[str, Trusted] = {}
    for text in texts:
        for one in certificates_in(text.encode()):
            found.setdefault(one.fingerprint, one)
    if len(found) > MAX_CERTIFICATES:
        raise _refused(f"A directory is trusted by {MAX_CERTIFICATES} certificates at most.")
    return list(found.values())


def _told(certificate: x509.Certificate) -> Trusted:
    try:
        authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        authority = False
    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = (
            *alternative.get_values_for_type(x509.DNSName),
            *(str(one) for one in alternative.get_values_for_type(x509.IPAddress)),
        )
    except x509.ExtensionNotFound:
        names = ()
    return Trusted(
        pem=certificate.public_bytes(Encoding.PEM).decode(),
        subject=(certificate.subject.rfc4514_string() or "(without a name)")[:1000],
        fingerprint=certificate.fingerprint(SHA256()).hex(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        authority=authority,
        names=names,
    )


def _refused(message: str) -> AppError:
    return AppError("certificate_invalid", message, fields={"certificates": [message]})
