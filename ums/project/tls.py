"""The server's own certificate, signed by the installation's web authority and renewed at a start when needed."""

from __future__ import annotations

import socket
from dataclasses import dataclass
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
from ums.core.private import write_private

if TYPE_CHECKING:
    from pathlib import Path

LIFETIME = timedelta(days=397)
RENEW_BEFORE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """`ca` is what clients trust; `certificate` holds the chain, `key` is private."""

    ca: Path
    certificate: Path
    key: Path


def server_files(data: Path, bind: str) -> ServerFiles:
    """The TLS files below `data`, made anew when they are missing, run out, or lack a name of this host."""
    files = ServerFiles(data / "tls" / "ca.pem", data / "tls" / "server.pem", data / "tls" / "server.key")
    authority = authority_ensure(actor=SYSTEM, purpose=Authority.Purpose.WEB)
    names = server_names(bind)
    if not _good(files, authority, names):
        _issue(files, authority, names)
    return files


def server_names(bind: str) -> list[str]:
    """Names and addresses under which this host is reached."""
    names = {"localhost", "127.0.0.1", "::1", socket.gethostname(), socket.getfqdn()}
    if bind not in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        names.add(bind)
    return sorted(name for name in names if name and len(name) <= 253)


def _good(files: ServerFiles, authority: Authority, names: list[str]) -> bool:
    try:
        leaf, issuer = x509.load_pem_x509_certificates(files.certificate.read_bytes())[:2]
        key = serialization.load_pem_private_key(files.key.read_bytes(), None)
        alternative = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    return (
        files.ca.exists()
        and key.public_key() == leaf.public_key()
        and issuer == x509.load_pem_x509_certificate(authority.certificate.encode())
        and leaf.not_valid_after_utc - RENEW_BEFORE > datetime.now(UTC)
        and set(_general_names(names)) <= set(alternative)
    )


def _issue(files: ServerFiles, authority: Authority, names: list[str]) -> None:
    issuer, signing = authority_pair(authority=authority)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(min(now + LIFETIME, issuer.not_valid_after_utc))
        .add_extension(x509.SubjectAlternativeName(_general_names(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
        .sign(signing, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    write_private(
        files.key,
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode(),
    )
    write_private(files.certificate, certificate.public_bytes(pem).decode() + authority.certificate)
    write_private(files.ca, authority.certificate)


def _general_names(names: list[str]) -> list[x509.GeneralName]:
    general: list[x509.GeneralName] = []
    for name in names:
        try:
            general.append(x509.IPAddress(ip_address(name)))
        except ValueError:
            general.append(x509.DNSName(name))
    return general
