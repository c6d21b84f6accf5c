"""Who a device is: its private key and the certificate that the device CA of the network gave it.

Both live in one file (`identity.pem`), so that a crash can never leave a key beside a certificate of another key.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from ums.domain.protocol import PROOF_AUDIENCE, PROOF_LIFETIME

from .storage import write_atomic

RENEW_BEFORE = timedelta(days=30)
"""A certificate that expires within this time is renewed (domain/device-protocol.md §6, days_left_certificate)."""

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class KeyType(StrEnum):
    """Kinds of device keys that the server accepts."""

    P256 = "p256"
    RSA = "rsa"


class IdentityError(ValueError):
    """An identity file, or a certificate that came from a server, does not fit."""


def new_key(kind: KeyType = KeyType.P256) -> PrivateKey:
    """A fresh private key. P-256 is the default: an RSA signature costs a small processor a hundred times more."""
    if kind is KeyType.RSA:
        return rsa.generate_private_key(public_exponent=65537, key_size=3072)
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True, slots=True)
class Identity:
    """A key and, once enrolled, the certificate for it (DER)."""

    key: PrivateKey
    certificate: bytes = b""
    fingerprint: str = ""

    @classmethod
    def create(cls, kind: KeyType = KeyType.P256) -> Identity:
        """A new identity that is not enrolled yet."""
        return cls(new_key(kind))

    def with_certificate(self, certificate: bytes, unit_id: str) -> Identity:
        """This key with the certificate (DER) that a server gave for it. Raises IdentityError when it does not fit."""
        try:
            parsed = x509.load_der_x509_certificate(certificate)
        except ValueError as error:
            raise IdentityError(f"The certificate cannot be read: {error}") from error
        if _spki(parsed.public_key()) != _spki(self.key.public_key()):
            raise IdentityError("The certificate belongs to another key.")
        names = parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        if [name.value for name in names] != [unit_id]:
            raise IdentityError(f"The certificate does not name this device ({unit_id}).")
        return Identity(self.key, certificate, hashlib.sha256(certificate).hexdigest())

    @property
    def unit_id(self) -> str:
        """The unit id that the certificate names; "" when there is none."""
        if not self.certificate:
            return ""
        subject = x509.load_der_x509_certificate(self.certificate).subject
        return str(subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)

    @property
    def expires(self) -> datetime:
        """When the certificate expires (UTC). Raises IdentityError without a certificate."""
        if not self.certificate:
            raise IdentityError("There is no certificate yet.")
        return x509.load_der_x509_certificate(self.certificate).not_valid_after_utc

    def wants_renewal(self, now: datetime) -> bool:
        """Whether the certificate expires within RENEW_BEFORE of `now` (or a third of its life, if that is shorter)."""
        certificate = x509.load_der_x509_certificate(self.certificate)
        life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
        return now >= certificate.not_valid_after_utc - min(RENEW_BEFORE, life / 3)

    def csr(self, unit_id: str) -> bytes:
        """A certificate signing request (DER) whose common name is the unit id."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, unit_id)])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(self.key, hashes.SHA256())
        return request.public_bytes(serialization.Encoding.DER)

    def proof(self, unit_id: str, time: float, **claims: str) -> str:
        """A signed statement "I am `unit_id`", good for PROOF_LIFETIME seconds from `time` (the server's Unix time).

        `claims` bind it to one use: `nonce` to one socket, `csr` to one signing request, `file` to one file.
        """
        issued = int(time)
        payload = {"sub": unit_id, "aud": PROOF_AUDIENCE, "iat": issued, "exp": issued + PROOF_LIFETIME, **claims}
        algorithm = "RS256" if isinstance(self.key, rsa.RSAPrivateKey) else "ES256"
        return jwt.encode(payload, self.key, algorithm=algorithm, headers={"kid": self.fingerprint})

    def pem(self) -> bytes:
        """Key and certificate as they are stored."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        if not self.certificate:
            return key
        certificate = x509.load_der_x509_certificate(self.certificate)
        return key + certificate.public_bytes(serialization.Encoding.PEM)

    def save(self, path: Path) -> None:
        """Writes the identity atomically, readable by its owner only. Raises OSError."""
        write_atomic(path, self.pem())

    @classmethod
    def load(cls, path: Path) -> Identity | None:
        """What `save` wrote; None when there is no file. Raises IdentityError for a damaged one."""
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            key = serialization.load_pem_private_key(data, None)
            if not isinstance(key, PrivateKey):
                raise ValueError("kind of key not supported")
            if b"BEGIN CERTIFICATE" not in data:
                return cls(key)
            certificate = x509.load_pem_x509_certificate(data[data.index(b"-----BEGIN CERTIFICATE") :])
        except (ValueError, TypeError) as error:
            raise IdentityError(f"{path} is damaged ({error}). Remove it and enrol the device again.") from error
        der = certificate.public_bytes(serialization.Encoding.DER)
        return cls(key, der, hashlib.sha256(der).hexdigest())


def utc_now() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


def _spki(key: object) -> bytes:
    return key.public_bytes(  # type: ignore[attr-defined]
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
