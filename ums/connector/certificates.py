"""Client certificates that a proxy has checked at its end of TLS (domain/device-protocol.md §4)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from ums.connector.models import Authority
from ums.connector.selectors import authority_certificate
from ums.core.middleware import is_trusted_proxy

if TYPE_CHECKING:
    from ums.connector.batching import Database

log = structlog.get_logger("ums.connector")

MAX_HEADER = 16 * 1024


async def forwarded_certificate(database: Database, peer: str, header: bytes) -> str:
    """The fingerprint of the certificate in `X-SSL-CERT` (URL-escaped PEM), when a trusted proxy says so.

    "" for anybody else's header, and for a certificate that our device CA has not signed: both are logged. Whether it
    is revoked its row tells.
    """
    if not is_trusted_proxy(peer):
        log.warning("forwarded_certificate_ignored", peer=peer, why="not from a trusted proxy")
        return ""
    authority = await database.run(_device_authority)
    try:
        if len(header) > MAX_HEADER or authority is None:
            raise ValueError("too long, or no authority")
        certificate = x509.load_pem_x509_certificate(unquote_to_bytes(header))
        certificate.verify_directly_issued_by(authority)
        if not certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc:
            raise ValueError("not valid now")
    except Exception as error:  # cryptography raises half a dozen kinds of errors for malformed input
        log.warning("forwarded_certificate_ignored", peer=peer, why=type(error).__name__)
        return ""
    return certificate.fingerprint(SHA256()).hex()


def _device_authority() -> x509.Certificate | None:
    return authority_certificate(purpose=Authority.Purpose.DEVICE)
