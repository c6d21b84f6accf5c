"""The certificate that the balancer shows to devices: in one file for HAProxy, and its fingerprint for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ha.balancer.configuration import AUTHORITY, CERTIFICATE
from ums.core.private import write_private

if TYPE_CHECKING:
    from pathlib import Path

DIRECTORY = "balancer"
"""HAProxy's directory below the data directory."""


class Certificate:
    """Of a node: `tls/server.pem` (with its chain), `tls/server.key` and `tls/ca.pem` below the data directory."""

    def __init__(self, data: Path) -> None:
        tls = data / "tls"
        self._sources = (tls / "server.pem", tls / "server.key", tls / "ca.pem")
        self._directory = data / DIRECTORY
        self._state: tuple[int, ...] = ()

    def renew(self) -> bool:
        """Put the files where HAProxy reads them; whether that changed them.

        Raises OSError when one is missing, ValueError when one is no certificate, or key and certificate are no pair.
        """
        state = tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in self._sources)
        if state == self._state:
            return False
        # Also when they turn out to be of no use: they are looked at again when they have changed.
        self._state = state
        chain, key, authority = (path.read_text() for path in self._sources)
        x509.load_pem_x509_certificates(authority.encode())
        shown = x509.load_pem_x509_certificates(chain.encode())[0]
        if load_pem_private_key(key.encode(), None).public_key() != shown.public_key():
            raise ValueError(f"{self._sources[1]} is not the key of {self._sources[0]}.")
        changed = _replace(self._directory / CERTIFICATE, chain + "\n" + key)
        return _replace(self._directory / AUTHORITY, authority) or changed


def _replace(path: Path, text: str) -> bool:
    # Without empty lines: one would end it on its way to a running HAProxy.
    text = "".join(f"{line}\n" for line in text.splitlines() if line.strip())
    if path.exists() and path.read_text() == text:
        return False
    write_private(path, text)
    return True


def fingerprint(data: Path) -> str:
    """SHA-256 of the certificate that the balancer on this data directory shows: 64 hexadecimal digits.

    Raises OSError without one.
    """
    shown = x509.load_pem_x509_certificates((data / DIRECTORY / CERTIFICATE).read_bytes())[0]
    return shown.fingerprint(SHA256()).hex()
