"""The certificate authorities of this installation. They live in the database, their keys sealed."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import IntegrityError, transaction

from ums.audit.services import record
from ums.connector.models import Authority
from ums.core.actor import SYSTEM
from ums.core.crypto import seal, unseal

if TYPE_CHECKING:
    from ums.core.actor import Actor

LIFETIME = timedelta(days=3653)
"""Ten years."""

CLOCK_SKEW = timedelta(hours=1)
"""Certificates are valid from a little earlier: clocks of thin clients are slow."""

NAMES = {Authority.Purpose.DEVICE: "UMS device CA", Authority.Purpose.WEB: "UMS server CA"}


class SigningPair(NamedTuple):
    """A CA's certificate and its key, ready to sign."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def authority_ensure(*, actor: Actor = SYSTEM, purpose: str) -> Authority:
    """The authority for `purpose`, made when there is none. Two processes that start at once agree on one."""
    if found := Authority.objects.filter(purpose=purpose).first():
        return found
    pair = _new_pair(NAMES[Authority.Purpose(purpose)])
    key = pair.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    authority = Authority(
        purpose=purpose,
        certificate=pair.certificate.public_bytes(serialization.Encoding.PEM).decode(),
        sealed_key=seal(key.decode()),
    )
    authority.clean_fields()
    try:
        with transaction.atomic():
            authority.save(force_insert=True)
            record(
                actor=actor,
                action="authority.created",
                target=authority,
                after={"fingerprint": pair.certificate.fingerprint(hashes.SHA256()).hex()},
            )
    except IntegrityError:
        return Authority.objects.get(purpose=purpose)
    return authority


def authority_pair(*, authority: Authority) -> SigningPair:
    """Certificate and key of an authority. Raises AppError `wrong_master_key`."""
    key = serialization.load_pem_private_key(unseal(authority.sealed_key).encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return SigningPair(x509.load_pem_x509_certificate(authority.certificate.encode()), key)


def _new_pair(name: str) -> SigningPair:
    """A self-signed CA as strict verifiers want it (RFC 5280 §4.2.1: key usage, path length, key identifiers).

    The name holds a random part: two installations never have the same issuer name with different keys.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "UMS"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{name} {secrets.token_hex(4)}"),
        ]
    )
    now = datetime.now(UTC)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(key, hashes.SHA256())
    )
    return SigningPair(certificate, key)


def key_usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    """A key usage with only what is named."""
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
