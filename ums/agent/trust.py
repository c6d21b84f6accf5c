"""Which server a device believes: always verified, in one of three ways.

system CAs · a CA file · the SHA-256 fingerprint of a certificate in the server's chain (its root, as the console shows
it). With a fingerprint the chain is read once over a connection that carries nothing else, the certificate with that
fingerprint becomes the only trust anchor, and every connection that carries data is verified against it, host name
included.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from .storage import write_atomic

TIMEOUT = 20.0


class TrustError(Exception):
    """The server cannot be trusted, or what should be trusted cannot be read."""


def system_context() -> ssl.SSLContext:
    """Trusts the certificate authorities of the operating system."""
    return ssl.create_default_context()


def file_context(path: Path) -> ssl.SSLContext:
    """Trusts the certificates in a PEM file and no others. Raises TrustError."""
    try:
        return _anchored(path.read_text("ascii"))
    except (OSError, ssl.SSLError, ValueError) as error:
        raise TrustError(f"The CA file {path} cannot be used: {error}") from error


def fingerprint_context(fingerprint: str, servers: list[str], cache: Path | None = None) -> ssl.SSLContext:
    """Trusts the certificate with this SHA-256 fingerprint (hex, colons and case do not matter).

    `cache` keeps the certificate, so that only the very first start needs the extra connection. Blocks for at most
    TIMEOUT seconds per server. Raises TrustError; OSError when no server was reached.
    """
    wanted = clean_fingerprint(fingerprint)
    if cache is not None and cache.exists():
        try:
            if _sha256(ssl.PEM_cert_to_DER_cert(cache.read_text("ascii"))) == wanted:
                return file_context(cache)
        except (OSError, ValueError):
            pass  # damaged: fetched again
    failure: Exception | None = None
    for server in servers:
        try:
            chain = presented_chain(server)
        except OSError as error:
            failure = error
            continue
        for certificate in chain:
            if _sha256(certificate) == wanted:
                pem = ssl.DER_cert_to_PEM_cert(certificate)
                if cache is not None:
                    write_atomic(cache, pem.encode())
                return _anchored(pem)
        failure = TrustError(
            f"{server} does not present a certificate with the fingerprint {wanted}. "
            "It is another server, or its certificate was replaced."
        )
    assert failure is not None
    raise failure


def clean_fingerprint(text: str) -> str:
    """64 lower-case hexadecimal digits. Raises TrustError."""
    digits = text.replace(":", "").replace(" ", "").lower()
    if len(digits) != 64 or set(digits) - set("0123456789abcdef"):
        raise TrustError("A fingerprint is the SHA-256 of a certificate: 64 hexadecimal digits.")
    return digits


def presented_chain(server: str) -> list[bytes]:
    """The certificates (DER) that a server presents, not verified yet: nothing is sent to it. Raises OSError."""
    address = urlsplit(server)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    host = address.hostname or ""
    with (
        socket.create_connection((host, address.port or 443), TIMEOUT) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        if hasattr(secured, "get_unverified_chain"):  # Python 3.13
            return list(secured.get_unverified_chain())
        # Python 3.11 and 3.12 have the same function without a public name.
        chain = secured._sslobj.get_unverified_chain() or []  # type: ignore[attr-defined]
        return [ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in chain]


def _anchored(pem: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=pem)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the anchor need not be self-signed
    return context


def _sha256(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()
