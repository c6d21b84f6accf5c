"""The certificate of this host, signed by the installation's web authority, and made anew before it runs out."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from ums.connector.issuer import WebIssuer, general_names
from ums.core.private import write_private
from ums.project.hosts import new_key, public_pem, server_names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RENEW_BEFORE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """`ca` is what clients trust; `certificate` holds the chain, `key` is private."""

    ca: Path
    certificate: Path
    key: Path


def server_files(data: Path, bind: str, address: str = "") -> ServerFiles:
    """The TLS files below `data`, made anew when they are missing, run out, or lack a name of this host.

    `address`: where other nodes reach it, when that is not what it listens on.
    """
    files = ServerFiles(data / "tls" / "ca.pem", data / "tls" / "server.pem", data / "tls" / "server.key")
    issuer = WebIssuer()
    names = server_names(bind, address)
    with _alone(files.key.parent):
        if not _good(files, issuer.authority(), names):
            key, private = new_key()
            certificate = issuer.certificate(public_key=public_pem(key), names=names)
            write_private(files.key, private)
            write_private(files.certificate, certificate)
            write_private(files.ca, issuer.authority())
    return files


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Server and load balancer of a node share the files."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _good(files: ServerFiles, authority: str, names: list[str]) -> bool:
    try:
        leaf, issuer = x509.load_pem_x509_certificates(files.certificate.read_bytes())[:2]
        key = serialization.load_pem_private_key(files.key.read_bytes(), None)
        alternative = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    return (
        files.ca.exists()
        and key.public_key() == leaf.public_key()
        and issuer == x509.load_pem_x509_certificate(authority.encode())
        and leaf.not_valid_after_utc - RENEW_BEFORE > datetime.now(UTC)
        and set(general_names(names)) <= set(alternative)
    )
