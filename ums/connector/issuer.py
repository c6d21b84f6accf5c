"""The installation's web authority: it signs what servers show, and the tokens by which nodes join."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ums.connector.models import Authority
from ums.connector.services.authorities import authority_ensure, authority_pair, key_usage
from ums.core.actor import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Sequence

LIFETIME = timedelta(days=397)


class WebIssuer:
    """`ha.registry.Issuer` by the authority in the database. Its methods raise AppError `wrong_master_key`."""

    def authority(self) -> str:
        """Its certificate, PEM."""
        return _authority().certificate

    def sign(self, content: bytes) -> bytes:
        """A signature by its key."""
        return authority_pair(authority=_authority()).key.sign(content, ec.ECDSA(hashes.SHA256()))

    def certificate(self, *, public_key: str, names: Sequence[str]) -> str:
        """A server certificate and its chain. Raises ValueError for anything but an EC key."""
        key = serialization.load_pem_public_key(public_key.encode())
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise ValueError("The key of a server is an EC key.")
        authority = _authority()
        issuer, signing = authority_pair(authority=authority)
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])]))
            .issuer_name(issuer.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(min(now + LIFETIME, issuer.not_valid_after_utc))
            .add_extension(x509.SubjectAlternativeName(general_names(names)), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
            .sign(signing, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM).decode() + authority.certificate


def general_names(names: Sequence[str]) -> list[x509.GeneralName]:
    """Names and addresses as certificates have them. Raises ValueError for what is neither."""
    general: list[x509.GeneralName] = []
    for name in names:
        try:
            general.append(x509.IPAddress(ip_address(name)))
        except ValueError:
            general.append(x509.DNSName(name))
    return general


def _authority() -> Authority:
    return authority_ensure(actor=SYSTEM, purpose=Authority.Purpose.WEB)
